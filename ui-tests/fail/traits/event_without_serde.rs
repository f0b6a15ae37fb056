use eskit::prelude::*;

#[derive(Event)]
struct OrderPlaced {
    total: u64,
}

fn main() {}
