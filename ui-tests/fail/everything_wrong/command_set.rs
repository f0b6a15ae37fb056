use eskit::prelude::*;

#[derive(Command)]
#[tag("order")]
#[command(name = "Order", crat = eskit)]
enum Order<T> {
    Place { order: String },
    #[command(crate = eskit)]
    Cancel,
    Ship(#[tag] u64),
    Pack(Box<T>),
    Send(),
}

fn main() {}
