use eskit::prelude::*;

#[derive(Command, Serialize, Deserialize)]
#[command(stored, version = 2, upcast(1 = Ok, 2 = Ok))]
struct PlaceOrder {
    #[tag]
    order: String,
}

fn main() {}
