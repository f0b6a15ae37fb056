use eskit::prelude::*;

#[derive(Event)]
#[tag("order")]
enum Order {
    Placed { order: String },
}

fn main() {}
