use eskit::prelude::*;

struct Dunning;

#[processor(name = "dunning", from = "now")]
impl Dunning {
    #[done]
    fn paid(&self, event: &InvoicePaid) -> u64 {
        event.invoice
    }
}

#[derive(Event, Serialize, Deserialize)]
struct InvoicePaid {
    #[tag]
    invoice: u64,
}

fn main() {}
