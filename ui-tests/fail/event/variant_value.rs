use eskit::prelude::*;

#[derive(Event)]
enum SeatEvent {
    Taken(u32),
}

fn main() {}
