use eskit::prelude::*;

struct Seats;

#[decider]
impl Default for Seats {
    fn default() -> Self {
        Seats
    }
}

fn main() {}
