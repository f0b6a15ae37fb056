use eskit::prelude::*;

#[derive(Command, Serialize, Deserialize)]
struct PlaceOrder {
    #[tag]
    order: String,
}

fn store(command: &impl Storable) {
    let _ = command.encode();
}

fn main() {
    store(&PlaceOrder { order: "o1".to_owned() });
}
