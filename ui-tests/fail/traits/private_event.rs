use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "campus")]
struct SeatTaken {
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
pub struct Seats {
    taken: u32,
}

#[decider]
impl Seats {
    #[evolve]
    fn taken(&mut self, _: &SeatTaken) {
        self.taken += 1;
    }

    #[decide]
    fn take(&self, command: &TakeSeat) -> Option<SeatTaken> {
        (self.taken == 0).then(|| SeatTaken { course: command.course.clone() })
    }
}

fn main() {}
