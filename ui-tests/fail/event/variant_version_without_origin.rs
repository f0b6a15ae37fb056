use eskit::prelude::*;

#[derive(Event)]
enum OrderEvent {
    #[event(version = 2)]
    OrderPaid { cents: u64 },
}

fn main() {
    let _ = OrderEvent::OrderPaid { cents: 1 };
}
