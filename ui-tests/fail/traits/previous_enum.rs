use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(version = 2, from = Order)]
struct OrderPlaced {
    total: u64,
}

#[derive(Event)]
enum Order {
    Cancelled,
}

impl From<Order> for OrderPlaced {
    fn from(_: Order) -> Self {
        OrderPlaced { total: 0 }
    }
}

fn main() {}
