use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(version)]
struct OrderPlaced {
    total: u64,
}

fn main() {}
