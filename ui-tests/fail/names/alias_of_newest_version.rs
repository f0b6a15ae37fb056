use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(name = "sales.OrderPlaced")]
struct OrderPlacedV1 {
    total: u64,
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "sales", version = 2, from = OrderPlacedV1, alias = "sales.OrderMade")]
struct OrderPlaced {
    total: u64,
}

impl From<OrderPlacedV1> for OrderPlaced {
    fn from(old: OrderPlacedV1) -> Self {
        OrderPlaced { total: old.total }
    }
}

#[derive(Event, Serialize, Deserialize)]
#[event(name = "sales.OrderMade")]
struct OrderMade {
    total: u64,
}

fn main() {}
