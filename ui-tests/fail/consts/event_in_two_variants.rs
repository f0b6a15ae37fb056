use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "campus")]
struct SeatLeft {
    #[tag]
    course: String,
}

#[derive(Event)]
enum Seat {
    Left(SeatLeft),
    Gone(SeatLeft),
}

fn main() {}
