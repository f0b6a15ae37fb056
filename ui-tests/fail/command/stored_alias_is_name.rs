use eskit::prelude::*;

#[derive(Command, Serialize, Deserialize)]
#[command(stored, name = "shop.PlaceOrder", alias = "shop.PlaceOrder")]
struct PlaceOrder {
    #[tag]
    order: String,
}

fn main() {}
