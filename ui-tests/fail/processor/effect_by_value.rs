use eskit::prelude::*;
use eskit::processor::Effect;

struct Shipping;

#[processor(name = "shipping", from = "now")]
impl Shipping {
    #[on]
    async fn paid(&self, _: &OrderPaid, _: Effect<'_>) {}
}

#[derive(Event, Serialize, Deserialize)]
struct OrderPaid {
    #[tag]
    order: String,
}

fn main() {}
