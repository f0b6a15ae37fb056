use eskit::prelude::*;

#[aggregate(tag = "course")]
#[derive(Default)]
struct Seats(u32);

#[decider]
impl Seats {
    #[evolve]
    fn taken(&mut self, _: &eskit::Timestamp, _: &SeatTaken) {}
}

#[derive(Event, Serialize, Deserialize)]
struct SeatTaken {
    #[tag]
    course: String,
}

fn main() {}
