use eskit::prelude::*;

#[aggregate(tag = "email", tag = "email")]
#[derive(Default)]
struct Seats {
    taken: u32,
}

fn main() {}
