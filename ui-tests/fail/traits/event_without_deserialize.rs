use eskit::prelude::*;

#[derive(Event, Serialize)]
struct OrderPlaced {
    total: u64,
}

fn main() {}
