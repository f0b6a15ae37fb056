use eskit::prelude::*;

#[derive(Command, Serialize, Deserialize)]
#[command(stored)]
struct PlaceOrder {
    #[tag]
    order: String,
}

#[decider(no_models)]
fn place(command: &PlaceOrder) -> PlaceOrder {
    PlaceOrder { order: command.order.clone() }
}

fn main() {}
