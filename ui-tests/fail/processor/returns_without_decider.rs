use eskit::prelude::*;

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

#[derive(Command)]
struct ShipOrder {
    #[tag]
    order: String,
}

fn main() {}
