use eskit::prelude::*;
use eskit::processor::Effect;

struct Shipping;

#[processor(name = "shipping", from = "now")]
impl Shipping {
    #[on]
    async fn paid(&self, _: &mut Effect<'_>) {}
}

fn main() {}
