use eskit::prelude::*;

#[aggregate(tag = "course")]
#[derive(Default)]
struct Seats;

#[decider]
impl Seats {
    #[evolve]
    fn taken(&mut self, _: &SeatTaken) {}

    #[decide]
    fn take(&self, command: &TakeSeat, _schedule: &Seats) -> SeatTaken {
        SeatTaken { course: command.course.clone() }
    }
}

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

fn main() {}
