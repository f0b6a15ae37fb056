use eskit::prelude::*;

#[derive(Command)]
enum Order {
    Cancel,
}

fn main() {}
