use eskit::prelude::*;

struct Reminders;

#[projection(name = "reminders", memory)]
impl Reminders {
    #[on]
    fn sent(&mut self, _: &InvoiceSent) {}

    #[every("0 9 * * MON", refused = "skip")]
    fn weekly(&self) {}
}

#[derive(Event, Serialize, Deserialize)]
struct InvoiceSent {
    #[tag]
    invoice: u64,
}

fn main() {}
