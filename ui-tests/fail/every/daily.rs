use eskit::prelude::*;

struct Dunning;

#[processor(name = "dunning", from = "now")]
impl Dunning {
    #[every("@daily")]
    fn weekly(&self) {}
}

fn main() {}
