use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(version = 2, from = OrderPlacedV1)]
struct OrderPlaced {
    total: u64,
    currency: String,
}

#[derive(Event, Serialize, Deserialize)]
#[event(name = "ui-tests-tests.OrderPlaced")]
struct OrderPlacedV1 {
    total: u64,
}

fn main() {}
