use eskit::prelude::*;

struct Shipping;

#[processor(name = "shipping", from = "now")]
impl Shipping {
    #[on]
    async fn paid(&self, _: &OrderPaid, _: &App<MemoryStore>) {}
}

#[derive(Event, Serialize, Deserialize)]
struct OrderPaid {
    #[tag]
    order: String,
}

fn main() {}
