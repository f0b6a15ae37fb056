use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct SeatTaken {
    #[tag]
    course: String,
    #[tag]
    student: String,
}

#[aggregate(tag("course", "student"))]
#[derive(Default)]
struct Enrolment;

#[decider]
impl Enrolment {
    #[evolve]
    fn taken(&mut self, _: &SeatTaken) {}
}

async fn run<S: eskit::EventStore>(app: &eskit::App<S>) {
    let _ = app.load::<Enrolment>("c1").await;
}

fn main() {}
