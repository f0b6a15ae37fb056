use eskit::prelude::*;

#[aggregate(tag = "SKU")]
#[derive(Default)]
struct Seats {
    taken: u32,
}

fn main() {}
