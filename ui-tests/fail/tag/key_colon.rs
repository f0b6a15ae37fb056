use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct OrderPlaced {
    #[tag("order:id")]
    order: String,
}

fn main() {}
