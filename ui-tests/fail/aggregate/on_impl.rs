use eskit::prelude::*;

struct Seats;

#[aggregate(tag = "course")]
impl Seats {}

fn main() {}
