use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(topic = "sales")]
struct OrderPlaced {
    total: u64,
}

fn main() {}
