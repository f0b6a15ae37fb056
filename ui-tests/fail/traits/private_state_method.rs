use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
pub struct SeatTaken {
    #[tag]
    course: String,
}

#[derive(Command)]
pub struct TakeSeat {
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

    #[decide]
    fn take(&self, _: &TakeSeat) -> Option<SeatTaken> {
        None
    }
}

fn main() {}
