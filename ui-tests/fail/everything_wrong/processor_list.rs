use eskit::prelude::*;
use eskit::processor::Effect;

struct Dunning;

#[processor(name = "dunning", from = "now", workers = 4)]
impl Dunning {
    #[todo]
    async fn sent(&self, _: &InvoiceSent, _: &mut Effect<'_>) {}

    #[done]
    fn paid(&self, _: &RecordedEvent) -> impl Sized {}

    #[work(worker = 4, attempts = 0, within = "30")]
    fn remind(&mut self, _: Remind) {}

    #[work]
    fn remind_again(&self, _: &Remind, _: &u64) {}

    #[tables]
    const SQL: &str = "";

    #[every("0 25 * * MON", refused = "maybe")]
    fn weekly(&self, _: &InvoiceSent) {}
}

#[derive(Event, Serialize, Deserialize)]
struct InvoiceSent {
    #[tag]
    invoice: u64,
}

struct Remind;

fn main() {}
