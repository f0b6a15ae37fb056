use std::time::SystemTime;

use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "campus")]
struct SeatTaken {
    #[tag]
    course: String,
}

#[derive(Command)]
struct TakeSeat {
    #[tag]
    course: String,
}

#[aggregate(tag = "course")]
#[derive(Default)]
struct Seats;

#[decider]
impl Seats {
    #[evolve]
    fn taken(&mut self, _: &SeatTaken) {}
}

#[decider]
fn take(_: &TakeSeat, _: &Seats, _: &SystemTime) -> Option<SeatTaken> {
    None
}

fn main() {}
