use eskit::prelude::*;

#[derive(Event)]
#[event(version = 2)]
enum Order {
    Placed { total: u64 },
}

fn main() {}
