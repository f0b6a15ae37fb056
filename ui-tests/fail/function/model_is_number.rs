use eskit::prelude::*;

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
}

#[decider]
fn take(command: &TakeSeat, seats: &Seats, now: u64) -> Option<SeatTaken> {
    (seats.taken == 0 && now > 0).then(|| SeatTaken { course: command.course.clone() })
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
