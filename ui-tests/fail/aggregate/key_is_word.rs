use eskit::prelude::*;

#[aggregate(course)]
#[derive(Default)]
struct Seats {
    taken: u32,
}

fn main() {}
