use eskit::prelude::*;

struct Dunning;

#[processor(name = "dunning", from = "now")]
impl Dunning {
    #[todo]
    fn sent(&self, event: &RecordedEvent) -> Todo<u64, Remind> {
        Todo::new(event.position.get(), Remind { invoice: event.position.get() })
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
