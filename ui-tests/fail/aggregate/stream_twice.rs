use eskit::prelude::*;

#[aggregate(stream = "order", stream = "customer")]
#[derive(Default)]
struct Seats {
    taken: u32,
}

fn main() {}
