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

#[aggregate(tag = "course")]
#[derive(Default)]
struct Schedule;

#[decider]
impl Schedule {
    #[evolve]
    fn taken(&mut self, _: &SeatTaken) {}
}

#[decider]
fn take(command: &TakeSeat, (seats, _): &(Seats, Schedule)) -> Option<SeatTaken> {
    (seats.taken == 0).then(|| SeatTaken { course: command.course.clone() })
}

async fn execute(app: App<MemoryStore>) -> u32 {
    app.execute(TakeSeat { course: String::new() }).await.map(|done| done.state.0.taken).unwrap_or_default()
}

fn main() {
    let _ = execute;
}
