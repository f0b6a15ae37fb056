use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct SeatTaken {
    #[tag]
    course: String,
}

#[derive(Event, Serialize, Deserialize)]
struct SeatFreed {
    #[tag]
    course: String,
}

#[aggregate(tag = "course")]
#[derive(Default)]
struct Seats {
    taken: u32,
}

#[derive(Command)]
struct TakeSeat {
    #[tag]
    course: String,
}

#[derive(Command)]
struct FreeSeat {
    #[tag]
    course: String,
}

#[decider]
impl Seats {
    #[evolve]
    fn taken(&mut self, _: &SeatTaken) {
        self.taken += 1;
    }

    #[evolve]
    fn freed(&mut self, _: &SeatFreed) {
        self.taken -= 1;
    }

    #[decide]
    fn take(&self, command: &TakeSeat) -> SeatTaken {
        SeatTaken { course: command.course.clone() }
    }

    #[decide]
    fn take(&self, command: &FreeSeat) -> Option<SeatFreed> {
        (self.taken > 0).then(|| SeatFreed { course: command.course.clone() })
    }
}

fn main() {}
