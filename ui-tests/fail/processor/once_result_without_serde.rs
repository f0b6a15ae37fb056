use eskit::prelude::*;
use eskit::processor::Effect;
use eskit::subscription::HandleError;

struct Collecting;

#[processor(name = "collecting", from = "now")]
impl Collecting {
    #[on]
    async fn sent(&self, event: &InvoiceSent, cx: &mut Effect<'_>) -> Result<(), HandleError> {
        cx.once("charge").park_if_unknown().run(|_| async { Ok::<_, HandleError>(Receipt(event.invoice)) }).await?;
        Ok(())
    }
}

#[derive(Event, Serialize, Deserialize)]
struct InvoiceSent {
    #[tag]
    invoice: u64,
}

struct Receipt(u64);

fn main() {}
