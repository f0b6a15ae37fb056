use eskit::prelude::*;

#[aggregate(tag = "courseId")]
#[derive(Default)]
struct Seats {
    taken: u32,
}

fn main() {}
