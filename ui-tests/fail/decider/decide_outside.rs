use eskit::prelude::*;

struct Seats;

impl Seats {
    #[decide]
    fn take(&self) {}
}

fn main() {}
