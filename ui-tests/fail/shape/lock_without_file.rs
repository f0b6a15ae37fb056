use eskit::prelude::*;
eskit::lock!();

#[derive(Event, Serialize, Deserialize)]
struct PointMoved {
    x: u8,
}

fn main() {}
