use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct SeatTaken {
    #[tag]
    course: String,
}

struct TakeSeat;

#[aggregate(tag = "course")]
#[derive(Default)]
struct Seats;

#[decider(Seats)]
impl Seats {
    #[evolve]
    const MAX: u32 = 4;

    #[evolve(SeatTaken)]
    async fn taken(self, _: SeatTaken, _: RecordedEvent, _: u32) -> bool {
        true
    }

    #[evolv]
    fn taken_again(&mut self, _: &SeatTaken) {}

    #[evolve]
    fn nothing() {}

    #[evolve]
    fn anything<E: Event>(&mut self, _: &E) {}

    #[evolve]
    fn number(&mut self, _: &u32) {}

    #[decide]
    #[evolve]
    fn take(self, #[key(course)] _: &mut TakeSeat, _: &u32) {}

    #[decide]
    fn take_again(&self, _: &TakeSeat) -> &SeatTaken {
        unimplemented!()
    }

    #[decide]
    fn nothing_to_do(&self) -> impl Iterator<Item = SeatTaken> {
        std::iter::empty()
    }
}

fn main() {}
