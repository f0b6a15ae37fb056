use eskit::prelude::*;

struct Dunning;

#[processor(name = "dunning", from = "now")]
impl Dunning {
    #[every()]
    fn weekly(&self) {}
}

fn main() {}
