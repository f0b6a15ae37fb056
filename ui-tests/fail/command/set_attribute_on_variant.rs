use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct OrderPlaced {
    #[tag]
    order: String,
}

#[derive(Command)]
struct PlaceOrder {
    #[tag]
    order: String,
}

#[decider(no_models)]
fn place(command: &PlaceOrder) -> OrderPlaced {
    OrderPlaced { order: command.order.clone() }
}

#[derive(Command)]
enum Order {
    #[command(name = "Place")]
    Place(PlaceOrder),
}

fn main() {}
