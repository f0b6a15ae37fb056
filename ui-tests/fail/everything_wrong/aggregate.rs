use eskit::prelude::*;

#[aggregate(tag = "Course", stream = "course", partial = 1, tag("a", "a"), "course", strem = "x", crate = "eskit")]
struct Seats<T> {
    taken: T,
}

fn main() {}
