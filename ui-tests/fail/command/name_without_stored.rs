use eskit::prelude::*;

#[derive(Command, Serialize, Deserialize)]
#[command(name = "shop.PlaceOrder")]
struct PlaceOrder {
    #[tag]
    order: String,
}

fn main() {}
