use eskit::prelude::*;

#[derive(Event)]
enum Order {
    Placed(OrderPlaced),
}

#[derive(Serialize, Deserialize)]
struct OrderPlaced;

fn main() {}
