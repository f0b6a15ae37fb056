use eskit::prelude::*;

struct Dunning;

#[processor(name = "dunning", from = "now")]
impl Dunning {
    #[every("0 9 * * MON#1")]
    fn weekly(&self) {}
}

fn main() {}
