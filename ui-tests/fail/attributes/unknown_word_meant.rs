use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(naem = "sales.OrderPlaced")]
struct OrderPlaced {
    total: u64,
}

fn main() {}
