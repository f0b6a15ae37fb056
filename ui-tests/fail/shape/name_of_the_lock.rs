use eskit::prelude::*;
#[derive(Shape, Serialize, Deserialize)]
struct Point {
    #[shape("struct")]
    x: u8,
}

fn main() {}
