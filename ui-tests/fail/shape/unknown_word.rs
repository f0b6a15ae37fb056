use eskit::prelude::*;
#[derive(Shape, Serialize, Deserialize)]
struct Point {
    #[shape(like = String)]
    x: u8,
}

fn main() {}
