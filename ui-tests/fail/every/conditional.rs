use eskit::prelude::*;

struct Dunning;

#[processor(name = "dunning", from = "now")]
impl Dunning {
    #[cfg_attr(all(), every("0 9 * * MON"))]
    fn weekly(&self) {}
}

fn main() {}
