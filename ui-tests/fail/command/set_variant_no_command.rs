use eskit::prelude::*;

struct PlaceOrder {
    order: String,
}

#[derive(Command)]
enum Order {
    Place(PlaceOrder),
}

fn main() {}
