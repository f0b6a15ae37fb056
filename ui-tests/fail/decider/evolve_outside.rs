use eskit::prelude::*;

struct Seats;

impl Seats {
    #[evolve]
    fn taken(&mut self) {}
}

fn main() {}
