use eskit::prelude::*;

#[derive(Command)]
struct PlaceOrder {
    #[tag]
    total: f64,
}

fn main() {}
