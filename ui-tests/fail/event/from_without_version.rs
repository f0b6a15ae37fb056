use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(from = OrderPlacedV1)]
struct OrderPlaced {
    total: u64,
}

struct OrderPlacedV1;

fn main() {}
