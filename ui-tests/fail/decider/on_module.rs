use eskit::prelude::*;

#[decider]
mod seats {}

fn main() {}
