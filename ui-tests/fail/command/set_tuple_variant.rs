use eskit::prelude::*;

#[derive(Command)]
struct PlaceOrder {
    #[tag]
    order: String,
}

#[derive(Command)]
enum Order {
    Place(PlaceOrder, u32),
}

fn main() {}
