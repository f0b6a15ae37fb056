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

#[aggregate(tag("course", "student"))]
#[derive(Default)]
struct Enrolment;

#[decider]
impl Enrolment {
    #[evolve]
    fn taken(&mut self, _: &SeatTaken) {}
}

#[decider]
fn swap(_: &Swap, #[key(course = from)] _: &Enrolment, _: &Enrolment) -> Option<SeatTaken> {
    None
}

fn main() {}
