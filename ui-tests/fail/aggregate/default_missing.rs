use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct SeatTaken {
    #[tag]
    course: u32,
}

#[derive(Command)]
struct TakeSeat {
    #[tag]
    course: u32,
}

#[aggregate(tag = "course")]
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
    fn take(&self, command: &TakeSeat) -> SeatTaken {
        SeatTaken { course: command.course }
    }
}

fn main() {
    let app = App::new(MemoryStore::new());
    let _ = app.execute(TakeSeat { course: 1 });
    let _ = app.load::<Seats>(1);
}
