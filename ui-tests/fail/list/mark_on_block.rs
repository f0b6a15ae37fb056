use eskit::prelude::*;

struct Dunning;

#[work(workers = 4)]
impl Dunning {
    #[work]
    fn remind(&self, _: &u64) {}
}

fn main() {
    Dunning.remind(&1);
}
