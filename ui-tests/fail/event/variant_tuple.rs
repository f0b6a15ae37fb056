use eskit::prelude::*;

#[derive(Event)]
enum Order {
    Placed(u64, String),
}

fn main() {}
