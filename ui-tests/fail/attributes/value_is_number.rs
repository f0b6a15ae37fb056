use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(name = 2)]
struct OrderPlaced {
    total: u64,
}

fn main() {}
