use eskit::prelude::*;

#[aggregate(tag = "course", stream = "course")]
#[derive(Default)]
struct Seats {
    taken: u32,
}

fn main() {}
