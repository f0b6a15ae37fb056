use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(version = 2, upcast(1 = add_currency, 2 = split_name))]
struct OrderPlaced {
    total: u64,
}

fn main() {}
