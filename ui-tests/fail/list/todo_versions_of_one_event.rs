use eskit::prelude::*;

struct Dunning;

#[processor(name = "dunning", from = "now")]
impl Dunning {
    #[on]
    fn on_sent(&self, _: &InvoiceSent) {}

    #[todo]
    fn sent(&self, event: &OldInvoiceSent) -> Todo<u64, Remind> {
        Todo::new(event.invoice, Remind { invoice: event.invoice })
    }

    #[work]
    async fn remind(&self, item: &Remind) {
        println!("{}", item.invoice);
    }
}

struct Remind {
    invoice: u64,
}

#[derive(Event, Serialize, Deserialize)]
#[event(name = "dunning.InvoiceSent")]
struct OldInvoiceSent {
    #[tag]
    invoice: u64,
}

#[derive(Event, Serialize, Deserialize)]
#[event(name = "dunning.InvoiceSent", version = 2, from = OldInvoiceSent)]
struct InvoiceSent {
    #[tag]
    invoice: u64,
    text: String,
}

impl From<OldInvoiceSent> for InvoiceSent {
    fn from(old: OldInvoiceSent) -> InvoiceSent {
        InvoiceSent { invoice: old.invoice, text: String::new() }
    }
}

fn main() {}
