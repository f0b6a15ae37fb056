use eskit::prelude::*;

struct Dunning;

#[processor(name = "dunning", from = "now")]
impl Dunning {
    #[every(9)]
    fn weekly(&self) {}
}

fn main() {}
