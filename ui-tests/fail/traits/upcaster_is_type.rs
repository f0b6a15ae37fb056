use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(version = 2, upcast(1 = AddCurrency))]
struct OrderPlaced {
    total: u64,
}

struct AddCurrency;

fn main() {}
