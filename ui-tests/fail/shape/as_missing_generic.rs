use eskit::prelude::*;

#[derive(Shape)]
#[shape(Vec<String>)]
struct Prices;

fn main() {}
