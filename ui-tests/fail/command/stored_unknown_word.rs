use eskit::prelude::*;

#[derive(Command, Serialize, Deserialize)]
#[command(store, version = 1)]
struct PlaceOrder {
    #[tag]
    order: String,
}

fn main() {}
