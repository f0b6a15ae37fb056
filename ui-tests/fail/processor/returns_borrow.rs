use eskit::prelude::*;

struct Shipping(String);

#[processor(name = "shipping", from = "now")]
impl Shipping {
    #[on]
    fn paid(&self, _: &OrderPaid) -> ShipOrder<'_> {
        ShipOrder { order: &self.0 }
    }
}

#[derive(Event, Serialize, Deserialize)]
struct OrderPaid {
    #[tag]
    order: String,
}

#[derive(Command)]
struct ShipOrder<'a> {
    #[tag]
    order: &'a String,
}

fn main() {}
