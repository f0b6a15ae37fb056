use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "our sales")]
struct OrderPlaced {
    total: u64,
}

fn main() {}
