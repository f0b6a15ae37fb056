use eskit::prelude::*;
use eskit::processor::Effect;
use eskit::subscription::HandleError;

struct Collecting;

#[processor(name = "collecting", from = "now")]
impl Collecting {
    #[on]
    async fn sent(&self, event: &InvoiceSent, cx: &mut Effect<'_>) -> Result<(), HandleError> {
        let receipt = cx.once("charge").run(|reference| charge(event.invoice, reference)).await?;
        println!("{receipt}");
        Ok(())
    }
}

#[derive(Event, Serialize, Deserialize)]
struct InvoiceSent {
    #[tag]
    invoice: u64,
}

async fn charge(invoice: u64, reference: String) -> Result<String, HandleError> {
    Ok(format!("{invoice} {reference}"))
}

fn main() {}
