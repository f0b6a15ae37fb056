use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct OrderPlaced {
    #[tag("order, customer")]
    order: String,
}

fn main() {}
