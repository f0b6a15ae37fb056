use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(name = "sales.OrderPlaced")]
struct OrderPlacedV1 {
    total: u64,
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "sales", version = 2, from = OrderPlacedV1)]
struct OrderPlaced {
    total: u64,
}

impl From<OrderPlacedV1> for OrderPlaced {
    fn from(old: OrderPlacedV1) -> Self {
        OrderPlaced { total: old.total }
    }
}

#[derive(Event)]
enum Order {
    Old(OrderPlacedV1),
    New(OrderPlaced),
}

fn main() {}
