use eskit::prelude::*;

#[derive(Event)]
#[event(context = "campus")]
enum Seat {
    Taken {
        #[tag]
        course: String,
    },
    Released {
        course: String,
    },
}

#[aggregate(tag = "course")]
#[derive(Default)]
struct Seats;

#[decider]
impl Seats {
    #[evolve]
    fn changed(&mut self, _: &Seat) {}
}

fn main() {}
