use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(codec = "bincode")]
struct OrderShipped {
    total: u64,
}

fn main() {}
