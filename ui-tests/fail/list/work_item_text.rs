use eskit::prelude::*;

struct Dunning;

#[processor(name = "dunning", from = "now")]
impl Dunning {
    #[todo]
    fn sent(&self, event: &InvoiceSent) -> Todo<u64, String> {
        Todo::new(event.invoice, event.invoice.to_string())
    }

    #[work]
    async fn remind(&self, item: &str) {
        println!("{}", item);
    }
}

#[derive(Event, Serialize, Deserialize)]
struct InvoiceSent {
    #[tag]
    invoice: u64,
}

fn main() {}
