use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(aliases = ["sales.OrderCreated", "sales.OrderMade"])]
struct OrderPlaced {
    total: u64,
}

fn main() {}
