use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(version = 3, upcast(2 = split_name, 1 = add_currency))]
struct OrderPlaced {
    total: u64,
}

fn main() {}
