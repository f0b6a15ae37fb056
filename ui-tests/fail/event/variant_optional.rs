use eskit::prelude::*;

#[derive(Event)]
enum SeatEvent {
    Taken(Option<SeatTaken>),
}

#[derive(Event, Serialize, Deserialize)]
struct SeatTaken {
    #[tag]
    course: String,
}

fn main() {}
