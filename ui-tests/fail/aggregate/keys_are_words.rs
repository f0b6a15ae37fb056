use eskit::prelude::*;

#[aggregate(email, otp)]
#[derive(Default)]
struct Seats {
    taken: u32,
}

fn main() {}
