use eskit::prelude::*;

#[derive(Event)]
enum Order {
    #[tag("order")]
    Placed(OrderPlaced),
}

#[derive(Event, Serialize, Deserialize)]
struct OrderPlaced {
    #[tag]
    order: String,
}

fn main() {}
