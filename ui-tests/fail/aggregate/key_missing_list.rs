use eskit::prelude::*;

#[aggregate()]
#[derive(Default)]
struct Seats {
    taken: u32,
}

fn main() {}
