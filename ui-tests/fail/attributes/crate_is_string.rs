use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(crate = "eskit")]
struct OrderPlaced {
    total: u64,
}

fn main() {}
