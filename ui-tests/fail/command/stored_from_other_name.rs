use eskit::prelude::*;

#[derive(Command, Serialize, Deserialize)]
#[command(stored)]
struct PlaceOrderV1 {
    order: String,
}

#[derive(Command, Serialize, Deserialize)]
#[command(stored, name = "shop.PlaceOrder", version = 2, from = PlaceOrderV1)]
struct PlaceOrder {
    #[tag]
    order: String,
}

impl From<PlaceOrderV1> for PlaceOrder {
    fn from(old: PlaceOrderV1) -> PlaceOrder {
        PlaceOrder { order: old.order }
    }
}

fn main() {}
