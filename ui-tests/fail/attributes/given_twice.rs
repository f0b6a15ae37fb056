use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(name = "sales.OrderPlaced", name = "sales.OrderCreated")]
struct OrderPlaced {
    total: u64,
}

fn main() {}
