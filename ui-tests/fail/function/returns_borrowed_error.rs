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
fn take(command: &TakeSeat, seats: &Seats) -> Result<SeatTaken, &str> {
    if seats.taken > 0 { Err("full") } else { Ok(SeatTaken { course: command.course.clone() }) }
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
