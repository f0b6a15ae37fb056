use eskit::prelude::*;

#[derive(Event)]
enum Order {
    Placed(),
}

fn main() {}
