use eskit::prelude::*;

struct Dunning;

#[processor(name = "dunning", from = "now")]
impl Dunning {
    #[todo]
    fn sent(&self, event: &InvoiceSent) -> Todo<InvoiceId, Remind> {
        Todo::new(InvoiceId(event.invoice), Remind { invoice: event.invoice })
    }

    #[todo]
    fn paid(&self, event: &InvoicePaid) -> Todo<OrderId, Remind> {
        Todo::new(OrderId(event.invoice), Remind { invoice: event.invoice })
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

#[derive(Event, Serialize, Deserialize)]
struct InvoicePaid {
    #[tag]
    invoice: u64,
}

struct Remind {
    invoice: u64,
}

#[derive(TagValue)]
struct InvoiceId(u64);

#[derive(TagValue)]
struct OrderId(u64);

fn main() {}
