use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct SeatTaken;

#[derive(Command)]
struct TakeSeat;

#[decider]
fn take(_: &TakeSeat) -> SeatTaken {
    SeatTaken
}

fn main() {}
