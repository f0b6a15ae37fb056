use eskit::prelude::*;
mod hex {
    pub fn serialize<S: serde::Serializer>(_: &u8, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("")
    }
}

#[derive(Shape, Serialize)]
struct Point {
    #[serde(serialize_with = "hex::serialize")]
    x: u8,
}

fn main() {}
