use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "sales", alias = "sales.OrderPlaced")]
struct OrderPlaced {
    total: u64,
}

fn main() {}
