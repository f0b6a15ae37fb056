use eskit::prelude::*;

struct Shipping;

#[processor(name = "shipping", from = "now")]
impl Shipping {
    #[on]
    fn paid(&self, _: &OrderPaid) {}

    #[on]
    fn changed(&self, _: &Changed) {}
}

#[derive(Event, Serialize, Deserialize)]
struct OrderPaid {
    #[tag]
    order: String,
}

#[derive(Event)]
enum Changed {
    Paid(OrderPaid),
}

fn main() {}
