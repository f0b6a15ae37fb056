use eskit::prelude::*;

#[aggregate(tag = "course")]
struct Seats {
    taken: u32,
}

fn main() {}
