use eskit::prelude::*;

struct Seats;

impl Seats {
    #[decider]
    fn take(&self, _: &u32) -> Option<()> {
        None
    }
}

fn main() {}
