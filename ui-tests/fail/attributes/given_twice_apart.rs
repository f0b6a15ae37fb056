use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "sales")]
#[event(context = "shop")]
struct OrderPlaced {
    total: u64,
}

fn main() {}
