use eskit::prelude::*;

#[derive(Command)]
#[command(stored, stored, version = 0, nam = "x", alias = "", contxt = 3)]
#[command(name = "shop/Place", from = PlaceOrder, upcast(1 = 2))]
struct PlaceOrder<T> {
    #[tag(order)]
    order: &'static str,
    #[command(stored)]
    total: T,
}

#[derive(Command)]
#[command(version = 2, stored(now))]
enum ShopCommand {
    Place { order: String },
}

fn main() {}
