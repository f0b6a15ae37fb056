#[derive(Command)]
#[command(stored)]
enum ShopCommand {
    Place(PlaceOrder),
    End(EndOrder),
}
