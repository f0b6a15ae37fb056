use eskit::prelude::*;

#[derive(Command, Serialize, Deserialize)]
#[command(stored, name = "shop.PlaceOrder")]
struct PlaceOrder {
    #[tag]
    order: String,
}

mod legacy {
    use eskit::prelude::*;

    #[derive(Command, Serialize, Deserialize)]
    #[command(stored, context = "shop")]
    struct PlaceOrder {
        #[tag]
        order: String,
    }
}

fn main() {}
