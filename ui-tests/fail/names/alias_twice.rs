use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "sales", alias = "sales.OrderMade")]
struct OrderPlaced {
    total: u64,
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "sales", alias = "sales.OrderMade")]
struct OrderPaid {
    total: u64,
}

fn main() {}
