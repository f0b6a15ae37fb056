use eskit::prelude::*;

struct Shipping;

#[processor(name = "shipping", from = "2026-01-01")]
impl Shipping {
    #[on]
    fn paid(&self, _: &OrderPaid) {}
}

#[derive(Event, Serialize, Deserialize)]
struct OrderPaid {
    #[tag]
    order: String,
}

fn main() {}
