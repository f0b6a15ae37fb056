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
#[command(stored)]
enum ShopCommand {
    Place(PlaceOrder),
    PlaceAgain(PlaceOrder),
}

fn main() {}
