use eskit::prelude::*;

#[derive(Event)]
enum Order {
    #[tag("order")]
    Placed { order: String },
}

fn main() {}
