use eskit::prelude::*;
#[derive(Shape)]
union Point {
    x: u8,
    y: u8,
}

fn main() {}
