use eskit::prelude::*;

struct Shipping;

#[processor(name = "shipping", from = "now")]
impl Shipping {
    #[on]
    fn any(&self, _: &RecordedEvent) {}

    #[on]
    fn others(&self, _: &RecordedEvent) {}
}

fn main() {}
