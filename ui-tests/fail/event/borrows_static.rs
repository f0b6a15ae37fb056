use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct OrderPlaced {
    #[tag]
    order: u64,
    currency: &'static str,
}

#[derive(Event)]
enum OrderEvent {
    Placed(OrderPlaced),
}

fn main() {}
