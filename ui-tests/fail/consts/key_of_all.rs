use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct InvoiceCreated {
    #[tag]
    invoice: u32,
}

#[aggregate(all)]
#[derive(Default)]
struct NextInvoice(u32);

#[decider]
impl NextInvoice {
    #[evolve]
    fn created(&mut self, event: &InvoiceCreated) {
        self.0 = event.invoice + 1;
    }
}

#[derive(Command)]
struct CreateInvoice {
    #[tag]
    invoice: u32,
}

#[decider]
fn create(_: &CreateInvoice, #[key(invoice)] next: &NextInvoice) -> InvoiceCreated {
    InvoiceCreated { invoice: next.0 }
}

fn main() {}
