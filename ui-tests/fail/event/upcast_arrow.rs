use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(version = 2, upcast(1 => add_currency))]
struct OrderPlaced {
    total: u64,
}

fn main() {}
