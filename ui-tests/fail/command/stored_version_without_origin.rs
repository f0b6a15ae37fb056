use eskit::prelude::*;

#[derive(Command, Serialize, Deserialize)]
#[command(stored, version = 2)]
struct PlaceOrder {
    #[tag]
    order: String,
}

fn main() {}
