use eskit::prelude::*;

#[aggregate(tag = "course", index("taken_seats", "capacity"))]
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Seats {
    taken_seats: u32,
    capacity: u32,
}

fn main() {}
