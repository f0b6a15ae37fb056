use eskit::prelude::*;

// One mistake in the command: nothing is reported where the command is used.
#[derive(Command)]
struct TakeSeat {
    #[tag("Course")]
    course: String,
}

#[derive(Event, Serialize, Deserialize)]
struct SeatTaken {
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

fn main() {}
