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

#[derive(Debug)]
struct Full;

#[aggregate(tag = "course")]
#[derive(Default)]
pub struct Seats;

#[decider]
impl Seats {
    #[evolve]
    fn taken(&mut self, _: &SeatTaken) {}

    #[decide]
    fn take(&self, _: &TakeSeat) -> Result<SeatTaken, Full> {
        Err(Full)
    }
}

fn main() {}
