#[derive(Command)]
enum OrderCommand {
    Place(PlaceOrder),
    End(EndOrder),
}
