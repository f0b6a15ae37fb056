use eskit::prelude::*;

#[derive(Command)]
struct PlaceOrder {
    #[tag("Order")]
    order: String,
}

fn main() {}
