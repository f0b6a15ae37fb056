use eskit::prelude::*;

#[aggregate(streem = "course")]
#[derive(Default)]
struct Seats {
    taken: u32,
}

fn main() {}
