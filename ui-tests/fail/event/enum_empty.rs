use eskit::prelude::*;

#[derive(Event)]
enum Order {}

fn main() {}
