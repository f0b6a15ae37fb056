use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(version = 2, upcast())]
struct OrderPlaced {
    total: u64,
}

fn main() {}
