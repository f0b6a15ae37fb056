use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(name = "sales.OrderPlaced", version = 3, from = OrderPlacedV2)]
struct OrderPlaced {
    cents: u64,
}

impl From<OrderPlacedV2> for OrderPlaced {
    fn from(old: OrderPlacedV2) -> Self {
        OrderPlaced { cents: old.total }
    }
}

#[derive(Event, Serialize, Deserialize)]
#[event(name = "sales.OrderPlaced", version = 2, upcast(1 = |value| Ok(value)))]
struct OrderPlacedV2 {
    total: u64,
}

fn main() {}
