use eskit::prelude::*;

struct Shipping;

#[processor(name = "shipping", from = "now", by = "order")]
impl Shipping {
    #[on]
    fn paid(&self, _: &OrderPaid) {}

    #[on]
    fn opened(&self, _: &ShopOpened) {}
}

#[derive(Event, Serialize, Deserialize)]
struct OrderPaid {
    #[tag]
    order: String,
}

#[derive(Event, Serialize, Deserialize)]
struct ShopOpened {
    day: String,
}

fn main() {}
