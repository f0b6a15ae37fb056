use eskit::prelude::*;

#[derive(Event, Deserialize)]
struct OrderPlaced {
    total: u64,
}

fn main() {}
