use eskit::prelude::*;

#[derive(Command, Serialize, Deserialize)]
#[command(stored)]
struct PlaceOrder<'a> {
    #[tag]
    order: &'a str,
}

fn main() {}
