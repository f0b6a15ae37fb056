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

    #[decide]
    fn take(&self, _: &TakeSeat) -> Result<Receipt, String> {
        Ok(Receipt)
    }
}

struct Receipt;

fn main() {}
