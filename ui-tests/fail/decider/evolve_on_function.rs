use eskit::prelude::*;

#[evolve]
fn taken() {}

fn main() {}
