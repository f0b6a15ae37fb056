use eskit::prelude::*;

#[derive(Command)]
#[command(name = "PlaceOrder")]
struct PlaceOrder {
    #[tag]
    order: String,
}

fn main() {}
