use eskit::prelude::*;

#[processor(name = "shipping", from = "now")]
struct Shipping;

fn main() {}
