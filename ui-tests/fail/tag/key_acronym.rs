use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct OrderPlaced {
    #[tag("SKU")]
    order: String,
}

fn main() {}
