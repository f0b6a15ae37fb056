use eskit::prelude::*;

#[derive(Shape, Serialize, Deserialize)]
enum Size {
    #[serde(rename(deserialize = "small"))]
    Small,
    Large,
}

fn main() {}
