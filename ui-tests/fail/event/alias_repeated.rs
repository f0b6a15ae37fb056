use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(alias = "sales.OrderCreated", alias = "sales.OrderCreated")]
struct OrderPlaced {
    total: u64,
}

fn main() {}
