use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "campus")]
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

#[decider]
impl Seats {
    #[evolve]
    fn taken(&mut self, _: &SeatTaken) {
        self.taken += 1;
    }

    #[decide]
    fn take(&self, command: &TakeSeat) -> Option<SeatTaken> {
        (self.taken == 0).then(|| SeatTaken { course: command.course.clone() })
    }
}

async fn run(app: App<MemoryStore>) {
    let command = TakeSeat { course: "c1".to_owned() };
    let _ = app.execute(vec![command]).await;
}

fn main() {}
