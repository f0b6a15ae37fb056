use eskit::prelude::*;

struct Shipping<T>(T);

#[processor(name = "shipping", from = "now")]
impl<T> Shipping<T> {
    #[on]
    fn paid(&self, _: &OrderPaid) {}
}

#[derive(Event, Serialize, Deserialize)]
struct OrderPaid {
    #[tag]
    order: String,
}

fn main() {}
