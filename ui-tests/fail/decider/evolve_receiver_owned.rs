use eskit::prelude::*;

#[aggregate(tag = "course")]
#[derive(Default)]
struct Seats(u32);

#[decider]
impl Seats {
    #[evolve]
    pub(crate) fn taken(self, _: &SeatTaken) { self.0 += 1; }
}

#[derive(Event, Serialize, Deserialize)]
struct SeatTaken {
    #[tag]
    course: String,
}

fn main() {}
