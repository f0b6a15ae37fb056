use eskit::prelude::*;

#[derive(Command)]
enum Order {}

fn main() {}
