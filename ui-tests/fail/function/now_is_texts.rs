use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "campus")]
struct SeatTaken {
    #[tag]
    course: String,
    #[tag]
    student: String,
}

#[derive(Command)]
struct TakeSeat {
    #[tag]
    course: String,
    #[tag]
    student: String,
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
}

#[decider]
fn take(command: &TakeSeat, seats: &Seats, holidays: &[&str]) -> Option<SeatTaken> {
    let _ = holidays;
    (seats.taken == 0).then(|| SeatTaken { course: command.course.clone(), student: command.student.clone() })
}

fn main() {}
