use eskit::prelude::*;

struct Dunning;

#[processor(name = "dunning", from = "now")]
impl Dunning {
    #[every("0 9 * * MON", refusd = "skip")]
    fn weekly(&self) {}
}

fn main() {}
