use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "campus")]
struct SeatTaken {
    #[tag]
    course: String,
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "campus")]
struct CourseFull {
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
struct Seats;

#[decider]
impl Seats {
    #[evolve]
    fn taken(&mut self, _: &SeatTaken) {}

    #[decide]
    fn take(&self, command: &TakeSeat) -> (SeatTaken, Option<CourseFull>) {
        (SeatTaken { course: command.course.clone() }, None)
    }
}

fn main() {}
