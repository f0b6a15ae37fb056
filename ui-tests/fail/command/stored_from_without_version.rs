use eskit::prelude::*;

#[derive(Command, Serialize, Deserialize)]
#[command(stored, from = PlaceOrderV1)]
struct PlaceOrder {
    #[tag]
    order: String,
}

fn main() {}
