use eskit::prelude::*;

#[derive(Command, Serialize, Deserialize)]
#[command(stored)]
struct PlaceOrder {
    #[tag]
    order: String,
}

#[derive(Event, Serialize, Deserialize)]
struct OrderPlaced {
    #[tag]
    order: String,
}

#[decider(no_models)]
fn place(command: &PlaceOrder) -> OrderPlaced {
    OrderPlaced { order: command.order.clone() }
}

#[derive(Command)]
#[command(stored, version = 2)]
enum ShopCommand {
    Place(PlaceOrder),
}

fn main() {}
