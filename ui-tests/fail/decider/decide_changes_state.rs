use eskit::prelude::*;

#[aggregate(tag = "course")]
#[derive(Default)]
struct Seats {
    taken: u32,
}

#[decider]
impl Seats {
    #[evolve]
    fn taken(&mut self, _: &SeatTaken) {}

    #[decide]
    fn take(&mut self, _: &TakeSeat) {
        self.taken += 1;
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
