use eskit::prelude::*;

struct Dunning;

#[processor(name = "dunning", from = "now")]
impl Dunning {
    #[todo]
    fn sent(&self, event: &InvoiceSent) -> Remind {
        Remind { invoice: event.invoice }
    }

    #[work]
    async fn remind(&self, item: &Remind) {
        println!("{}", item.invoice);
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
