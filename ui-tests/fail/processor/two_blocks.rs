use eskit::prelude::*;

struct Shipping;

#[processor(name = "shipping", from = "now")]
impl Shipping {
    #[on]
    fn paid(&self, _: &OrderPaid) {}
}

#[processor(name = "shipping-mail", from = "now")]
impl Shipping {
    #[on]
    fn others(&self, _: &RecordedEvent) {}
}

#[derive(Event, Serialize, Deserialize)]
struct OrderPaid {
    #[tag]
    order: String,
}

fn main() {}
