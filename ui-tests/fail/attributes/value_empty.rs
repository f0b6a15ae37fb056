use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(name =)]
struct OrderPlaced {
    total: u64,
}

fn main() {}
