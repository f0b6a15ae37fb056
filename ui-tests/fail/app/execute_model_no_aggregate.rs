use eskit::prelude::*;
use eskit::testing::given;

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

#[derive(Default)]
struct Schedule;

#[decider]
fn take(command: &TakeSeat, _: &Seats, _: &Schedule) -> Result<SeatTaken, &'static str> {
    Ok(SeatTaken { course: command.course.clone() })
}

async fn execute(app: App<MemoryStore>) -> u32 {
    let done = app.execute(TakeSeat { course: String::new() }).idempotency_key("once").await;
    done.map(|done| done.state.0.taken).unwrap_or_default()
}

fn main() {
    let _ = execute;
    given(()).when(TakeSeat { course: String::new() }).then_error("full");
}
