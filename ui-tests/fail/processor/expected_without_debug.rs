use eskit::prelude::*;
use eskit::testing::given;

struct Shipping;

#[processor(name = "shipping", from = "now")]
impl Shipping {
    #[on]
    fn paid(&self, event: &OrderPaid) -> ShipOrder {
        ShipOrder { order: event.order.clone() }
    }
}

#[derive(Event, Serialize, Deserialize)]
struct OrderPaid {
    #[tag]
    order: String,
}

#[derive(Event, Serialize, Deserialize)]
struct OrderShipped {
    #[tag]
    order: String,
}

#[derive(Command)]
struct ShipOrder {
    #[tag]
    order: String,
}

#[aggregate(tag = "order")]
#[derive(Default)]
struct Order {
    shipped: bool,
}

#[decider]
impl Order {
    #[evolve]
    fn shipped(&mut self, _: &OrderShipped) {
        self.shipped = true;
    }

    #[decide]
    fn ship(&self, command: &ShipOrder) -> OrderShipped {
        OrderShipped { order: command.order.clone() }
    }
}

fn main() {
    given(()).then_commands(&Shipping, ShipOrder { order: String::new() });
}
