use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct OrderPaid {
    cents: u64,
}

#[derive(Event)]
enum OrderEvent {
    #[event(from = OrderPaidV1)]
    OrderPaid(OrderPaid),
}

fn main() {}
