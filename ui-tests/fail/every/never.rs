use eskit::prelude::*;

struct Dunning;

#[processor(name = "dunning", from = "now")]
impl Dunning {
    #[every("0 9 31 4,6 *")]
    fn weekly(&self) {}
}

fn main() {}
