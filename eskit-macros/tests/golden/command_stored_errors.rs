#[derive(Command)]
#[command(stored, version = 0)]
struct PlaceOrder {
    order: OrderId,
}
