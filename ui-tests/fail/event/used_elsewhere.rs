use eskit::prelude::*;

// One mistake in the event: nothing is reported where the event is used.
#[derive(Event, Serialize, Deserialize)]
#[event(verison = 2)]
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

#[derive(Event)]
enum Course {
    Taken(SeatTaken),
}

fn main() {}
