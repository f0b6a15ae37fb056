use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct SeatTaken {
    #[tag]
    course: String,
}

#[derive(Event, Serialize, Deserialize)]
struct SeatFreed {
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
    fn taken(&mut self, recorded: &RecordedEvent, event: &SeatTaken) {
        let _ = (recorded.position, &event.course);
        self.taken += 1;
    }

    #[evolve]
    fn freed(&mut self, _: &SeatFreed) {
        self.taken -= 1;
    }
}

fn main() {}
