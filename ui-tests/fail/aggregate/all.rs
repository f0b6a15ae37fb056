use eskit::prelude::*;

#[aggregate(all)]
#[derive(Default)]
struct Seats {
    taken: u32,
}

fn main() {}
