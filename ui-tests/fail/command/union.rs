use eskit::prelude::*;

#[derive(Command)]
union PlaceOrder {
    order: u64,
}

fn main() {}
