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

    #[decide]
    fn take(&self, _: &TakeSeat) -> Result<Self, String> {
        Ok(Seats { taken: self.taken + 1 })
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
}

fn main() {
    drop(execute(&App::new(MemoryStore::new())));
}
