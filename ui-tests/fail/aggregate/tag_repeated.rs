use eskit::prelude::*;

#[aggregate(tag("course", "course"))]
#[derive(Default)]
struct Seats {
    taken: u32,
}

fn main() {}
