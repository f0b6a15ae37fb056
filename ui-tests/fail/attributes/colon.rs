use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(name: "campus.Taken")]
struct SeatTaken {
    course: String,
}

fn main() {}
