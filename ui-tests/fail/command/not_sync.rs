use eskit::prelude::*;
use std::cell::Cell;

#[derive(Command)]
struct TakeSeat {
    #[tag]
    course: String,
    tries: Cell<u32>,
}

#[derive(Event, Serialize, Deserialize)]
struct SeatTaken {
    #[tag]
    course: String,
}

#[aggregate(tag = "course")]
#[derive(Default)]
struct Seats;

#[decider]
impl Seats {
    #[evolve]
    fn taken(&mut self, _: &SeatTaken) {}

    #[decide]
    fn take(&self, command: &TakeSeat) -> Option<SeatTaken> {
        (command.tries.get() == 0).then(|| SeatTaken { course: command.course.clone() })
    }
}

async fn execute(app: &App<MemoryStore>) {
    let _ = app.execute(TakeSeat { course: "c1".to_owned(), tries: Cell::default() }).await;
}

fn main() {
    drop(execute(&App::new(MemoryStore::new())));
}
