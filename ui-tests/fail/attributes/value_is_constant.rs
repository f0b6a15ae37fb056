use eskit::prelude::*;

const VERSION: u32 = 3;

#[derive(Event, Serialize, Deserialize)]
#[event(version = VERSION, from = OrderPlacedV2)]
struct OrderPlaced {
    total: u64,
}

fn main() {}
