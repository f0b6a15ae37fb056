use eskit::prelude::*;

#[derive(Command, Serialize, Deserialize)]
struct PlaceOrder {
    #[tag]
    order: String,
}

fn main() {
    let _ = PlaceOrder::from_json("shop.PlaceOrder", None, "{}");
}
