use eskit::prelude::*;

#[aggregate(tag = "course", index(taken))]
#[derive(Default)]
pub struct Seats {
    taken: u32,
}

fn main() {}
