use eskit::prelude::*;

#[aggregate(tag(course, student))]
#[derive(Default)]
struct Seats {
    taken: u32,
}

fn main() {}
