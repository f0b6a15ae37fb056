use eskit::prelude::*;
#[derive(Serialize, Deserialize)]
struct Inner;

#[derive(Shape, Serialize, Deserialize)]
struct Point {
    inner: Vec<Inner>,
}

fn main() {}
