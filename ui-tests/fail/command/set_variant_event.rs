use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct OrderPlaced {
    #[tag]
    order: String,
}

#[derive(Command)]
enum Order {
    Place(OrderPlaced),
}

fn main() {}
