use eskit::prelude::*;

#[derive(Command, Serialize)]
#[command(stored, version = 2, upcast(1 = Ok))]
struct PlaceOrder {
    #[tag]
    order: String,
}

#[derive(Command)]
#[command(stored)]
enum ShopCommand {
    Place(PlaceOrder),
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

fn main() {}
