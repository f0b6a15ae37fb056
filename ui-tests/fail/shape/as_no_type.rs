use eskit::prelude::*;
#[derive(Shape, Serialize, Deserialize)]
struct Point {
    #[shape(as = "string")]
    x: u8,
}

fn main() {}
