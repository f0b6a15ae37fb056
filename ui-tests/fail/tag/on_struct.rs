use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[tag("order")]
struct OrderPlaced {
    order: String,
}

fn main() {}
