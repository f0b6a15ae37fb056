use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(codec = "cbor")]
struct OrderPlaced {
    total: u64,
}

fn main() {}
