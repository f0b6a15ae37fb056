use eskit::prelude::*;

struct Dunning;

#[processor(name = "dunning", from = "now")]
impl Dunning {
    #[every("0 22-4 * * *")]
    fn weekly(&self) {}
}

fn main() {}
