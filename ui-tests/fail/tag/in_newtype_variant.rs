use eskit::prelude::*;

#[derive(Event)]
enum Order {
    Placed(#[tag("order")] OrderPlaced),
}

#[derive(Event, Serialize, Deserialize)]
struct OrderPlaced {
    #[tag]
    order: String,
}

fn main() {}
