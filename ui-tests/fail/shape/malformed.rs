use eskit::prelude::*;
#[derive(Shape, Serialize, Deserialize)]
struct Point {
    #[shape]
    x: u8,
}

fn main() {}
