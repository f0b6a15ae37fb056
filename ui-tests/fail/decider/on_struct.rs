use eskit::prelude::*;

#[decider]
struct Seats;

fn main() {}
