use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "campus")]
struct SeatTaken {
    #[tag]
    course: String,
}

#[derive(Command)]
struct TakeSeats {
    #[tag("course")]
    courses: Vec<String>,
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
fn take(_: &TakeSeats, #[key(courses)] _: &Seats) -> Option<SeatTaken> {
    None
}

fn main() {}
