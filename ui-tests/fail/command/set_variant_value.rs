use eskit::prelude::*;

#[derive(Command)]
enum Order {
    Cancel(String),
}

fn main() {}
