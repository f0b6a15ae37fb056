use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(alias = "")]
struct OrderPlaced {
    total: u64,
}

fn main() {}
