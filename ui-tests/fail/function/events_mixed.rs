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
struct Seats {
    taken: u32,
}

#[decider]
impl Seats {
    #[evolve]
    fn taken(&mut self, _: &SeatTaken) {
        self.taken += 1;
    }

    #[evolve]
    fn full(&mut self, _: &CourseFull) {}
}

#[decider]
fn take(command: &TakeSeat, seats: &Seats) -> Vec<SeatTaken> {
    let course = || command.course.clone();
    if seats.taken == 1 { vec![SeatTaken { course: course() }, CourseFull { course: course() }] } else { Vec::new() }
}

fn main() {}
