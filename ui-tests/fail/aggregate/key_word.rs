use eskit::prelude::*;

#[aggregate(key = "email")]
#[derive(Default)]
struct Seats {
    taken: u32,
}

fn main() {}
