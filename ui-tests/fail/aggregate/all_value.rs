use eskit::prelude::*;

#[aggregate(tag = "*")]
#[derive(Default)]
struct Seats {
    taken: u32,
}

fn main() {}
