use eskit::prelude::*;

#[aggregate(tag = "course")]
#[derive(Default)]
struct Seats;

#[decider]
impl Seats {
    #[evolve]
    const TAKEN: u32 = 0;
}

fn main() {}
