use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct OrderPlaced {
    #[event(tag)]
    order: String,
}

fn main() {}
