use eskit::prelude::*;

#[derive(Command)]
struct PlaceOrder {
    #[command(tag)]
    order: String,
}

fn main() {}
