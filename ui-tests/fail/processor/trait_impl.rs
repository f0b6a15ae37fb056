use eskit::prelude::*;

struct Shipping;

trait Ships {
    fn ship(&self);
}

#[processor(name = "shipping", from = "now")]
impl Ships for Shipping {
    fn ship(&self) {}
}

fn main() {}
