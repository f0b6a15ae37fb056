use eskit::prelude::*;

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

    #[decide]
    fn take(&self, command: &TakeSeat) -> Result<TakeSeat, &'static str> {
        Ok(TakeSeat { course: command.course.clone() })
    }
}

async fn run<S: eskit::EventStore>(app: &App<S>) -> Result<(), Box<dyn std::error::Error>> {
    let taken = app.execute(TakeSeat { course: "c1".to_owned() }).await?;
    println!("{}", taken.state.taken);
    Ok(())
}

fn main() {}
