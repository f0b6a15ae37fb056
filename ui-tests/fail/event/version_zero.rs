use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(version = 0)]
struct OrderPlaced {
    total: u64,
}

fn main() {}
