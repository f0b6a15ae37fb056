use eskit::prelude::*;

#[aggregate(stream = "course", tag = "course")]
#[derive(Default)]
struct Seats {
    taken: u32,
}

fn main() {}
