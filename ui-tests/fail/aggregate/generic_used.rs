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
struct Seats<T> {
    taken: T,
}

#[decider]
impl<T> Seats<T> {
    #[evolve]
    fn taken(&mut self, _: &SeatTaken) {
    }

    #[decide]
    fn take(&self, command: &TakeSeat) -> Option<SeatTaken> {
        Some(SeatTaken { course: command.course.clone() })
    }
}

async fn run(app: App<MemoryStore>) {
    let command = TakeSeat { course: "c1".to_owned() };
    let _: Result<_, _> = app.execute(command).await;
}

fn main() {}
