use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(version = 4, upcast(1 = add_currency, 3 = split_name))]
struct OrderPlaced {
    total: u64,
}

fn main() {}
