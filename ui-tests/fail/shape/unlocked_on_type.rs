use eskit::prelude::*;
#[derive(Shape, Serialize, Deserialize)]
#[shape(unlocked)]
struct Point {
    x: u8,
}

fn main() {}
