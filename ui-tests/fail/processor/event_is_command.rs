use eskit::prelude::*;

struct Shipping;

#[processor(name = "shipping", from = "now")]
impl Shipping {
    #[on]
    fn paid(&self, _: &ShipOrder) {}
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
    fn ship(&self, command: &ShipOrder) -> Result<OrderShipped, String> {
        if self.shipped {
            return Err("shipped already".to_owned());
        }
        Ok(OrderShipped { order: command.order.clone() })
    }
}

fn main() {}
