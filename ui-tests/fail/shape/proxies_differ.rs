use eskit::prelude::*;
#[derive(Shape, Serialize, Deserialize, Clone)]
#[serde(into = "u8", from = "u16")]
struct Point {
    x: u8,
}

impl From<Point> for u8 {
    fn from(point: Point) -> u8 {
        point.x
    }
}

impl From<u16> for Point {
    fn from(x: u16) -> Point {
        Point { x: x as u8 }
    }
}

fn main() {}
