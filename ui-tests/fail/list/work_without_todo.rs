use eskit::prelude::*;

struct Dunning;

#[processor(name = "dunning", from = "now")]
impl Dunning {
    #[work]
    async fn remind(&self, item: &Remind) {
        println!("{}", item.invoice);
    }
}

struct Remind {
    invoice: u64,
}

fn main() {}
