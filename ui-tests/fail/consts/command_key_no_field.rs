use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "campus")]
struct SeatTaken {
    #[tag]
    course: String,
    #[tag("student")]
    who: StudentId,
}

#[derive(TagValue, Serialize, Deserialize)]
struct StudentId(String);

#[derive(Command)]
struct TakeSeat {
    #[tag]
    course: String,
}

#[aggregate(tag = "student")]
#[derive(Default)]
struct Schedule;

#[decider]
impl Schedule {
    #[evolve]
    fn taken(&mut self, _: &SeatTaken) {}
}

#[decider]
fn take(_: &TakeSeat, _: &Schedule) -> Option<SeatTaken> {
    None
}

fn main() {}
