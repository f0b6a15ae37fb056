use eskit::prelude::*;

#[derive(Command)]
struct PlaceOrder<T> {
    order: T,
}

fn main() {}
