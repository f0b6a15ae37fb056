use eskit::prelude::*;

#[derive(Event)]
enum Order {
    #[event(version = 2)]
    Placed(OrderPlaced),
}

#[derive(Event, Serialize, Deserialize)]
struct OrderPlaced;

fn main() {}
