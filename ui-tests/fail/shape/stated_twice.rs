use eskit::prelude::*;
#[derive(Shape, Serialize, Deserialize)]
struct Point {
    #[shape("geo-point", as = String)]
    x: u8,
}

fn main() {}
