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

trait Fold {
    fn taken(&mut self, event: &SeatTaken);
}

#[decider]
impl Fold for Seats {
    #[evolve]
    fn taken(&mut self, _: &SeatTaken) {
        self.taken += 1;
    }
}

#[decider]
fn decide(command: &TakeSeat, seats: &Seats) -> Option<SeatTaken> {
    (seats.taken < 9).then(|| SeatTaken { course: command.course.clone() })
}

async fn take(app: &App<MemoryStore>) -> bool {
    app.execute(TakeSeat { course: String::new() }).await.is_ok()
}

fn main() {
    Fold::taken(&mut Seats::default(), &SeatTaken { course: String::new() });
    drop(take(&App::new(MemoryStore::new())));
}
