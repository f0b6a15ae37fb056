use eskit::prelude::*;

struct Dunning;

#[processor(name = "dunning", from = "now")]
impl Dunning {
    #[every("0 24 * * *")]
    fn weekly(&self) {}
}

fn main() {}
