use eskit::prelude::*;

#[aggregate(tag = "course")]
#[derive(Default)]
struct Seats<T>(T);

#[decider]
impl<T> Seats<T> {
    #[evolve]
    fn taken(&mut self, _: &SeatTaken) {}
}

#[derive(Event, Serialize, Deserialize)]
struct SeatTaken;

fn main() {}
