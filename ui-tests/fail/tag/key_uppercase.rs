use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct OrderPlaced {
    #[tag("orderId")]
    order: String,
}

fn main() {}
