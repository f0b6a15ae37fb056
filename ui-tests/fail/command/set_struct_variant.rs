use eskit::prelude::*;

#[derive(Command)]
enum Order {
    Place { order: String },
}

fn main() {}
