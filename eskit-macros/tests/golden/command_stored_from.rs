#[derive(Command)]
#[command(stored, version = 2, from = PlaceOrderV1)]
struct PlaceOrder {
    order: OrderId,
}
