use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct SeatTaken {
    #[tag]
    course: String,
}

struct Seats;

struct Schedule;

struct TakeSeat;

#[decider(command = TakeSeat)]
async fn take(#[key(course)] _: TakeSeat, #[key] _: &mut Seats, #[key("course")] _: Schedule) -> &SeatTaken
where
    SeatTaken: Clone,
{
    unimplemented!()
}

fn main() {}
