use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(name = "ui-tests.OrderPaid")]
struct OrderPaidV1 {
    euros: u64,
}

#[derive(Event)]
enum OrderEvent {
    #[event(version = 2, from = OrderPaidV1)]
    OrderPaid { cents: u64 },
    OrderClosed,
}

fn main() {
    let _ = (OrderEvent::OrderPaid { cents: 1 }, OrderEvent::OrderClosed);
}
