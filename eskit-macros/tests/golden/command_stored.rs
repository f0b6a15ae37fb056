#[derive(Command)]
#[command(stored, name = "shop.PlaceOrder", version = 2, alias = "shop.CreateOrder", upcast(1 = with_quantity))]
pub struct PlaceOrder {
    #[tag]
    order: OrderId,
    quantity: u32,
}
