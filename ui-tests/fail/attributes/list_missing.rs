use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event]
struct OrderPlaced {
    total: u64,
}

fn main() {}
