use eskit::prelude::*;

// The version may have been meant: that the event is at version 1 is not held against `upcast`.
#[derive(Event, Serialize, Deserialize)]
#[event(verison = 2, upcast(1 = add_currency))]
struct OrderPlaced {
    total: u64,
}

fn main() {}
