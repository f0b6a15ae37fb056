use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "campus")]
struct SeatTaken {
    #[tag]
    course: String,
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

fn main() {}
