use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "campus", alias = "campus.SeatLeft")]
struct SeatReleased {
    #[tag]
    course: String,
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "campus")]
struct SeatLeft {
    #[tag]
    course: String,
}

#[aggregate(tag = "course")]
#[derive(Default)]
struct Seats;

#[decider]
impl Seats {
    #[evolve]
    fn released(&mut self, _: &SeatReleased) {}

    #[evolve]
    fn left(&mut self, _: &SeatLeft) {}
}

fn main() {}
