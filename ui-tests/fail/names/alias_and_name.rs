use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "sales", alias = "sales.OrderMade")]
struct OrderPlaced {
    total: u64,
}

#[derive(Event, Serialize, Deserialize)]
#[event(name = "sales.OrderMade")]
struct OrderMade {
    total: u64,
}

fn main() {}
