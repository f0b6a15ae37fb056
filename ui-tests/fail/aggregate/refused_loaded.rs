use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct SeatTaken {
    #[tag]
    course: String,
    #[tag]
    student: u64,
}

#[aggregate(tags("course", "student"))]
#[derive(Default)]
struct Seat {
    taken: bool,
}

#[decider]
impl Seat {
    #[evolve]
    fn taken(&mut self, _: &SeatTaken) {
        self.taken = true;
    }
}

async fn is_taken(app: &App<MemoryStore>) -> bool {
    app.load::<Seat>(("rust", 7)).await.is_ok_and(|seat| seat.taken)
}

fn main() {
    drop(is_taken(&App::new(MemoryStore::new())));
}
