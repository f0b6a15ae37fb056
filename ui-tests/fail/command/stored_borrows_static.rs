use eskit::prelude::*;

#[derive(Command, Serialize, Deserialize)]
#[command(stored)]
struct PlaceOrder {
    #[tag]
    order: &'static str,
}

fn main() {}
