use eskit::prelude::*;

#[derive(Command, Serialize, Deserialize)]
#[command(stored = true)]
struct PlaceOrder {
    #[tag]
    order: String,
}

fn main() {}
