use eskit::prelude::*;
#[derive(Event, Serialize, Deserialize)]
#[shape(unlockd)]
struct PointMoved {
    x: u8,
}

fn main() {}
