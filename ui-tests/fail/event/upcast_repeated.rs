use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(version = 3, upcast(1 = add_currency, 1 = split_name))]
struct OrderPlaced {
    total: u64,
}

fn main() {}
