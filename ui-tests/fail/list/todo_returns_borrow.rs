use eskit::prelude::*;

struct Dunning;

#[processor(name = "dunning", from = "now")]
impl Dunning {
    #[todo]
    fn sent<'e>(&self, event: &'e InvoiceSent) -> Todo<u64, &'e u64> {
        Todo::new(event.invoice, &event.invoice)
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
