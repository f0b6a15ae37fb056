use eskit::prelude::*;

#[aggregate(tag("a", "b", "c", "d", "e"))]
#[derive(Default)]
struct Seats {
    taken: u32,
}

fn main() {}
