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

#[derive(Debug)]
struct Closed;

#[decider(no_models)]
fn place(command: &PlaceOrder) -> Result<OrderPlaced, Closed> {
    if command.order.is_empty() { Err(Closed) } else { Ok(OrderPlaced { order: command.order.clone() }) }
}

#[derive(Command)]
enum Order {
    Place(PlaceOrder),
}

fn main() {}
