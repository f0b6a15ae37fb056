use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(codec = "CBOR")]
struct OrderPlaced {
    total: u64,
}

fn main() {}
