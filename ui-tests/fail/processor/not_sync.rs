use eskit::prelude::*;

struct Shipping(std::cell::Cell<u32>);

#[processor(name = "shipping", from = "now")]
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
