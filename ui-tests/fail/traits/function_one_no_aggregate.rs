use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
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

#[derive(Default)]
struct Schedule;

#[decider]
fn take(_: &TakeSeat, _: &Seats, _: &Schedule) -> Option<SeatTaken> {
    None
}

fn main() {}
