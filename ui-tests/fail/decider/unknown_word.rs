use eskit::prelude::*;

#[aggregate(tag = "course")]
#[derive(Default)]
struct Seats;

#[derive(Event, Serialize, Deserialize)]
struct SeatTaken {
    #[tag]
    course: String,
}

#[decider(Seats)]
impl Seats {
    #[evolve]
    fn taken(&mut self, _: &SeatTaken) {}
}

fn main() {}
