use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "campus")]
struct SeatTaken {
    #[tag]
    course: String,
    #[tag]
    student: String,
}

#[derive(Command)]
struct TakeSeat {
    #[tag]
    course: String,
    student: String,
}

#[aggregate(tag = "course")]
#[derive(Default)]
struct Seats;

#[decider]
impl Seats {
    #[evolve]
    fn taken(&mut self, _: &SeatTaken) {}
}

#[aggregate(tag = "student")]
#[derive(Default)]
struct Schedule;

#[decider]
impl Schedule {
    #[evolve]
    fn taken(&mut self, _: &SeatTaken) {}
}

#[decider]
fn take(_: &TakeSeat, _: &Seats, _: &Schedule) -> Option<SeatTaken> {
    None
}

fn main() {}
