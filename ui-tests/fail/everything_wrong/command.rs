use eskit::prelude::*;

#[derive(Command)]
#[tag("order")]
#[command(name = "Place", crate = "eskit", crat = eskit)]
#[command]
struct PlaceOrder<T> {
    #[tag(order)]
    order: String,
    #[tag("Customer")]
    customer: String,
    #[command(tag)]
    total: T,
}

fn main() {}
