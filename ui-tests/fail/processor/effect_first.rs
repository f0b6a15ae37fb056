use eskit::prelude::*;
use eskit::processor::Effect;

struct Shipping;

#[processor(name = "shipping", from = "now")]
impl Shipping {
    #[on]
    async fn paid(&self, cx: &mut Effect<'_>, _: &OrderPaid) {
        let _ = cx.key();
    }
}

#[derive(Event, Serialize, Deserialize)]
struct OrderPaid {
    #[tag]
    order: String,
}

fn main() {}
