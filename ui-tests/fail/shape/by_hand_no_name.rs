use eskit::prelude::*;
struct Point;

impl Shape for Point {
    const DEF: &'static eskit::ShapeDef = &eskit::ShapeDef::stated("Geo Point");
}

fn main() {}
