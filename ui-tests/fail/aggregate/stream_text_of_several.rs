use eskit::prelude::*;

#[aggregate(stream = "order;customer")]
#[derive(Default)]
struct Seats {
    taken: u32,
}

fn main() {}
