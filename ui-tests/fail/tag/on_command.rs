use eskit::prelude::*;

#[derive(Command)]
#[tag("order")]
struct PlaceOrder {
    order: String,
}

fn main() {}
