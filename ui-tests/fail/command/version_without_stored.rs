use eskit::prelude::*;

#[derive(Command)]
#[command(version = 2, upcast(1 = from_v1))]
struct PlaceOrder {
    #[tag]
    order: String,
}

fn main() {}
