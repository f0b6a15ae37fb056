use eskit::prelude::*;

#[aggregate(tag = "course", partial)]
#[derive(Default)]
struct Seats {
    taken: u32,
}

fn main() {}
