use eskit::prelude::*;

// One mistake in the aggregate: nothing is reported where the aggregate is used.
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

#[derive(Command)]
struct ReleaseSeat {
    #[tag]
    course: String,
}

#[aggregate(tags = "course")]
#[derive(Default)]
struct Seats {
    taken: u32,
}

#[decider]
impl Seats {
    #[evolve]
    fn taken(&mut self, _: &SeatTaken) {
        self.taken += 1;
    }

    #[decide]
    fn take(&self, command: &TakeSeat) -> SeatTaken {
        SeatTaken { course: command.course.clone() }
    }
}

#[decider]
fn release(command: &ReleaseSeat, seats: &Seats) -> Vec<SeatTaken> {
    let _ = (&command.course, seats);
    Vec::new()
}

fn main() {}
