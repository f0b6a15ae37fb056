use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct SeatTaken {
    #[tag]
    course: String,
}

#[aggregate(tag = "course")]
#[derive(Default)]
struct Seats;

#[decider]
impl Seats {
    #[evolve]
    fn taken(&mut self, _: &SeatTaken) {}
}

async fn run<S: eskit::EventStore>(app: &eskit::App<S>) {
    let _ = app.load::<Seats>(1.5).await;
}

fn main() {}
