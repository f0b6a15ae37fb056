use eskit::prelude::*;

#[aggregate(tag = "course", tag = "student")]
#[derive(Default)]
struct Seats {
    taken: u32,
}

fn main() {}
