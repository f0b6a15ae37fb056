use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "campus", alias = "campus.SeatFreed")]
struct SeatReleased {
    #[tag]
    course: String,
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "campus", alias = "campus.SeatFreed")]
struct SeatLeft {
    #[tag]
    course: String,
}

#[derive(Event)]
enum Seat {
    Released(SeatReleased),
    Left(SeatLeft),
}

fn main() {}
