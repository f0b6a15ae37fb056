use eskit::prelude::*;

#[derive(Shape, Serialize, Deserialize)]
#[shape(unlocked, nonsense, as = )]
struct Point {
    #[shape]
    a: u8,
    #[shape("Upper")]
    b: u8,
    #[shape(as = String, "text")]
    c: u8,
    #[shape(like = u8)]
    d: u8,
}

#[derive(Shape)]
union Either {
    a: u8,
    b: u8,
}

fn main() {}
