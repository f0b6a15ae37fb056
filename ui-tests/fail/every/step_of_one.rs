use eskit::prelude::*;

struct Dunning;

#[processor(name = "dunning", from = "now")]
impl Dunning {
    #[every("5/15 * * * *")]
    fn weekly(&self) {}
}

fn main() {}
