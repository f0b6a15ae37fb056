use eskit::prelude::*;

struct Reminders;

#[projection(name = "reminders", memory)]
impl Reminders {
    #[on]
    fn sent(&mut self, _: &InvoiceSent) {}

    #[todo]
    fn remind(&self, event: &InvoiceSent) -> Todo<u64, ()> {
        Todo::new(event.invoice, ())
    }
}

#[derive(Event, Serialize, Deserialize)]
struct InvoiceSent {
    #[tag]
    invoice: u64,
}

fn main() {}
