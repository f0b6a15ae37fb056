use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct OrderPlaced {
    total: u64,
}

#[derive(Event)]
enum OrderEvent {
    Placed(OrderPlaced),
    #[event(nam = "sales.Closed")]
    Closed,
}

#[aggregate(stream = "order")]
#[derive(Default)]
struct Order {
    open: bool,
}

#[derive(Command)]
struct PlaceOrder {
    #[tag]
    order: String,
    total: u64,
}

#[decider]
impl Order {
    #[evolve]
    fn changed(&mut self, event: &OrderEvent) {
        self.open = matches!(event, OrderEvent::Placed(_));
    }

    #[decide]
    fn place(&self, command: &PlaceOrder) -> Option<OrderPlaced> {
        (!self.open).then_some(OrderPlaced { total: command.total })
    }
}

fn main() {
    let _ = OrderEvent::Closed;
}
