use eskit::prelude::*;
use std::cell::Cell;

#[aggregate(tag = "course")]
#[derive(Default)]
struct Seats {
    taken: Cell<u32>,
}

#[decider]
impl Seats {
    #[evolve]
    fn taken(&mut self, _: &SeatTaken) {
        self.taken.set(self.taken.get() + 1);
    }

    #[decide]
    fn take(&self, command: &TakeSeat) -> Option<SeatTaken> {
        (self.taken.get() == 0).then(|| SeatTaken { course: command.course.clone() })
    }
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

async fn execute(app: &App<MemoryStore>) {
    let _ = app.execute(TakeSeat { course: "c1".to_owned() }).await;
    let _ = app.load::<Seats>("c1").await;
}

fn main() {
    drop(execute(&App::new(MemoryStore::new())));
}
