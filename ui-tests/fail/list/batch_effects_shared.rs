use eskit::prelude::*;
use eskit::processor::Effect;

struct Dunning;

#[processor(name = "dunning", from = "now")]
impl Dunning {
    #[todo]
    fn sent(&self, event: &InvoiceSent) -> Todo<u64, Remind> {
        Todo::new(event.invoice, Remind { invoice: event.invoice })
    }

    #[work(batch = 50)]
    async fn remind(&self, items: &[Remind], each: &[Effect<'_>]) {
        println!("{} {}", items.len(), each.len());
    }
}

#[derive(Event, Serialize, Deserialize)]
struct InvoiceSent {
    #[tag]
    invoice: u64,
}

struct Remind {
    invoice: u64,
}

fn main() {}
