use eskit::prelude::*;

struct Dunning;

#[processor(name = "dunning", from = "now")]
impl Dunning {
    #[todo]
    fn sent(&self) -> Todo<u64, Remind> {
        Todo::new(1, Remind { invoice: 1 })
    }

    #[work]
    async fn remind(&self, item: &Remind) {
        println!("{}", item.invoice);
    }
}

struct Remind {
    invoice: u64,
}

fn main() {}
