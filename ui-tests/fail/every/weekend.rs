use eskit::prelude::*;

struct Dunning;

#[processor(name = "dunning", from = "now")]
impl Dunning {
    #[every("0 9 * * SAT-SUN")]
    fn weekly(&self) {}
}

fn main() {}
