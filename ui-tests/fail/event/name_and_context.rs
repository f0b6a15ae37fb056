use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(name = "sales.OrderPlaced", context = "sales")]
struct OrderPlaced {
    total: u64,
}

fn main() {}
