use eskit::prelude::*;

#[aggregate(partial)]
#[derive(Default)]
struct Seats {
    taken: u32,
}

fn main() {}
