use eskit::prelude::*;

struct Dunning;

#[processor(name = "dunning", from = "now")]
impl Dunning {
    #[every("0 9 * * MON +01:00")]
    fn weekly(&self) {}
}

fn main() {}
