use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "sales", version = 3, from = OrderPlacedV2)]
struct OrderPlaced {
    total: u64,
}

#[derive(Event, Serialize, Deserialize)]
struct OrderPlacedV2 {
    total: u64,
}

impl From<OrderPlacedV2> for OrderPlaced {
    fn from(old: OrderPlacedV2) -> Self {
        OrderPlaced { total: old.total }
    }
}

fn main() {}
