use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct OrderPlaced {
    #[tag]
    order: u64,
}

#[derive(Event)]
enum OrderEvent {
    Placed(Box<OrderPlaced>),
}

#[aggregate(tag = "order")]
#[derive(Default)]
struct Order;

#[decider]
impl Order {
    #[evolve]
    fn happened(&mut self, event: &OrderEvent) {
        let OrderEvent::Placed(placed) = event;
        let _ = placed.order;
    }
}

fn main() {}
