use eskit::prelude::*;

#[derive(Command)]
#[command(stored)]
struct PlaceOrder {
    #[tag]
    order: String,
}

fn main() {}
