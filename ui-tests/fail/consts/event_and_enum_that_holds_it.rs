use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "campus")]
struct SeatLeft {
    #[tag]
    course: String,
}

#[derive(Event)]
enum Seat {
    Left(SeatLeft),
}

#[aggregate(tag = "course")]
#[derive(Default)]
struct Seats;

#[decider]
impl Seats {
    #[evolve]
    fn left(&mut self, _: &SeatLeft) {}

    #[evolve]
    fn seat(&mut self, _: &Seat) {}
}

fn main() {}
