use eskit::prelude::*;

#[aggregate(tag = "email", "otp")]
#[derive(Default)]
struct Seats {
    taken: u32,
}

fn main() {}
