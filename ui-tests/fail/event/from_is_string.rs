use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(version = 2, from = "OrderPlacedV1")]
struct OrderPlaced {
    total: u64,
}

fn main() {}
