use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct SeatTaken {
    #[tag]
    course: String,
}

#[decider(tag = "course")]
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

async fn taken(app: &App<MemoryStore>) -> bool {
    app.load::<Seats>("rust").await.is_ok_and(|seats| seats.taken > 0)
}

fn main() {
    drop(taken(&App::new(MemoryStore::new())));
}
