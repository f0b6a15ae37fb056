use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct OrderPlaced {
    #[tag]
    discount: Option<f64>,
}

fn main() {}
