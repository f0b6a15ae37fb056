use eskit::prelude::*;

#[aggregate(tag = "course", index("capacity"))]
#[derive(Default, Serialize, Deserialize)]
pub struct Seats {
    #[serde(rename = "size")]
    capacity: u32,
}

fn main() {}
