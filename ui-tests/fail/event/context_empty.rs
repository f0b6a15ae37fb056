use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "")]
struct OrderPlaced {
    total: u64,
}

fn main() {}
