use eskit::prelude::*;

#[aggregate(tag = "course")]
union Seats {
    taken: u32,
}

fn main() {}
