use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct SeatTaken {
    #[tag]
    course: String,
}

#[derive(Event, Serialize, Deserialize)]
struct SeatReleased {
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
impl Seats {
    #[evolve]
    fn released(&mut self, _: &SeatReleased) {}
}

fn main() {}
