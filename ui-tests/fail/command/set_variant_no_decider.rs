use eskit::prelude::*;

#[derive(Command)]
struct PlaceOrder {
    #[tag]
    order: String,
}

#[derive(Command)]
enum Order {
    Place(PlaceOrder),
}

async fn run(app: &App<MemoryStore>, order: Order) {
    let _ = app.execute(order).await;
}

fn main() {}
