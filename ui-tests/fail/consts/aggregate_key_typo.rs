use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "campus")]
struct SeatTaken {
    #[tag]
    course: String,
    #[tag]
    student: String,
}

#[derive(Command)]
struct Swap {
    #[tag("course")]
    from: String,
    #[tag("course")]
    to: String,
    #[tag]
    student: String,
}

#[aggregate(tag = "cuorse")]
#[derive(Default)]
struct Enrolment;

#[decider]
impl Enrolment {
    #[evolve]
    fn taken(&mut self, _: &SeatTaken) {}
}

fn main() {}
