use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct OrderPlaced {
    #[tag = "order"]
    order: String,
}

fn main() {}
