use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(version = 20260101)]
struct OrderPlaced {
    total: u64,
}

fn main() {}
