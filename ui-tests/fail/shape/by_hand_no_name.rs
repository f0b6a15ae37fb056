use eskit::prelude::*;
struct Point;

impl Shape for Point {
    const DEF: &'static eskit::schema::ShapeDef = &eskit::schema::ShapeDef::stated("Geo Point");
}

fn main() {}
