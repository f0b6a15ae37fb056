use eskit::prelude::*;

#[aggregate(tag = "course")]
fn seats() {}

fn main() {}
