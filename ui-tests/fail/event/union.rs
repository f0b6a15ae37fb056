use eskit::prelude::*;

#[derive(Event)]
union OrderPlaced {
    total: u64,
}

fn main() {}
