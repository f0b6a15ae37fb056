use eskit::prelude::*;

struct Dunning;

impl Dunning {
    #[work(workers = 4)]
    fn remind(&self, _: &u64) {}
}

fn main() {
    Dunning.remind(&1);
}
