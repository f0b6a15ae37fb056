use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "sales", version = 3, from = OrderPlacedV2)]
struct OrderPlaced {
    total: u64,
}

#[derive(Event, Serialize, Deserialize)]
#[event(name = "sales.OrderPlaced", version = 2, from = OrderPlaced)]
struct OrderPlacedV2 {
    total: u64,
}

impl From<OrderPlacedV2> for OrderPlaced {
    fn from(old: OrderPlacedV2) -> Self {
        OrderPlaced { total: old.total }
    }
}

impl From<OrderPlaced> for OrderPlacedV2 {
    fn from(new: OrderPlaced) -> Self {
        OrderPlacedV2 { total: new.total }
    }
}

fn main() {}
