use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct SeatTaken;

#[decider]
fn take() -> SeatTaken {
    SeatTaken
}

fn main() {}
