use eskit::prelude::*;
#[derive(Shape, Serialize, Deserialize)]
struct Point {
    #[shape("Geo Point")]
    x: u8,
}

fn main() {}
