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

    #[evolve]
    fn take(&self, command: &TakeSeat) -> Option<SeatTaken> {
        (self.taken == 0).then(|| SeatTaken { course: command.course.clone() })
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
    let _ = app.execute(TakeSeat { course: "c2".to_owned() }).await;
}

fn main() {
    drop(execute(&App::new(MemoryStore::new())));
}
