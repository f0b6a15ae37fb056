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
struct TakeSeat {
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

#[decider]
fn take(_: &TakeSeat, #[key(course)] _: &Enrolment) -> Option<SeatTaken> {
    None
}

fn main() {}
