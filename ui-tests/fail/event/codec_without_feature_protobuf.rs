use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(codec = "protobuf")]
struct OrderPlaced {
    total: u64,
}

fn main() {}
