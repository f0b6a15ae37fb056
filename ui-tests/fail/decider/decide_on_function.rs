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

#[decide]
fn take(command: &TakeSeat, seats: &Seats) -> Option<SeatTaken> {
    (seats.taken < 5).then_some(SeatTaken { course: command.course })
}

fn main() {
    let app = App::new(MemoryStore::new());
    let _ = app.execute(TakeSeat { course: 1 });
}
