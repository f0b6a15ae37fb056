use eskit::prelude::*;

#[derive(Command)]
struct PlaceOrder {
    #[tag]
    order: String,
}

#[derive(Command)]
enum Order {
    Place(Box<PlaceOrder>),
}

fn main() {}
