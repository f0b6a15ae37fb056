use eskit::prelude::*;

struct Dunning;

#[processor(name = "dunning", from = "now")]
impl Dunning {
    #[every("0 9 * * MON")]
    fn weekly(&self, _: &InvoiceSent) {}
}

#[derive(Event, Serialize, Deserialize)]
struct InvoiceSent {
    #[tag]
    invoice: u64,
}

fn main() {}
