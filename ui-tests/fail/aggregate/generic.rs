use eskit::prelude::*;

#[aggregate(tag = "course")]
#[derive(Default)]
struct Seats<T> {
    taken: T,
}

fn main() {}
