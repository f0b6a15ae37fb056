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

fn main() {
    let app = App::new(MemoryStore::new());
    let _ = app.load::<NextInvoice>(7);
}
