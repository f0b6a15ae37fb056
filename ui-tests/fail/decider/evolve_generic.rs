use eskit::prelude::*;

#[aggregate(tag = "course")]
#[derive(Default)]
struct Seats;

#[decider]
impl Seats {
    #[evolve]
    fn happened<E: Event>(&mut self, _: &E) {}
}

fn main() {}
