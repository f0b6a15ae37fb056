use eskit::prelude::*;

struct Shipping;

#[processor(name = "shipping", from = "now")]
impl Shipping {
    #[on(refused = "skip")]
    async fn paid(&self, _: &OrderPaid) -> Result<(), std::fmt::Error> {
        Ok(())
    }
}

#[derive(Event, Serialize, Deserialize)]
struct OrderPaid {
    #[tag]
    order: String,
}

fn main() {}
