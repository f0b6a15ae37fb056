use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(version = 2, from = OrderPlaced)]
struct OrderPlaced {
    #[tag]
    order: u64,
}

fn main() {}
