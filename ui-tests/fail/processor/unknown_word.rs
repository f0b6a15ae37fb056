use eskit::prelude::*;

struct Shipping;

#[processor(name = "shipping", from = "now", threads = 4)]
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
