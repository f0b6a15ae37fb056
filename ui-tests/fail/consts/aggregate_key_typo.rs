use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "campus")]
struct SeatTaken {
    #[tag]
    course: String,
    #[tag]
    student: String,
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "campus")]
struct SeatFreed {
    #[tag]
    course: String,
}

#[derive(Command)]
struct Free {
    #[tag]
    course: String,
}

#[aggregate(tag = "cuorse")]
#[derive(Default)]
struct Enrolment;

#[decider]
impl Enrolment {
    #[evolve]
    fn taken(&mut self, _: &SeatTaken) {}

    #[evolve]
    fn freed(&mut self, _: &SeatFreed) {}

    #[decide]
    fn free(&self, _: &Free) -> Option<SeatFreed> {
        None
    }
}

fn main() {}
