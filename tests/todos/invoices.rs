//! Invoices that are sent and paid, and reminders of those that are not paid in time.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use eskit::prelude::*;
use eskit::processor::Effect;
use eskit::testing::TestClock;
use eskit::work::Todo;

#[derive(Event, Serialize, Deserialize)]
pub(crate) struct InvoiceSent {
    #[tag]
    pub(crate) invoice: u64,
}

#[derive(Event, Serialize, Deserialize)]
pub(crate) struct InvoicePaid {
    #[tag]
    pub(crate) invoice: u64,
}

#[derive(Event, Serialize, Deserialize)]
pub(crate) struct CustomerReminded {
    #[tag]
    pub(crate) invoice: u64,
}

#[derive(Command)]
pub(crate) struct Send {
    #[tag]
    pub(crate) invoice: u64,
}

#[derive(Command)]
pub(crate) struct Pay {
    #[tag]
    pub(crate) invoice: u64,
}

#[derive(Command, Debug)]
pub(crate) struct RecordReminder {
    #[tag]
    pub(crate) invoice: u64,
}

#[aggregate(tag = "invoice")]
#[derive(Default)]
pub(crate) struct Invoice {
    pub(crate) reminders: u32,
    is_paid: bool,
}

#[decider]
impl Invoice {
    #[evolve]
    fn sent(&mut self, _: &InvoiceSent) {}

    #[evolve]
    fn paid(&mut self, _: &InvoicePaid) {
        self.is_paid = true;
    }

    #[evolve]
    fn reminded(&mut self, _: &CustomerReminded) {
        self.reminders += 1;
    }

    #[decide]
    fn send(&self, c: &Send) -> InvoiceSent {
        InvoiceSent { invoice: c.invoice }
    }

    #[decide]
    fn pay(&self, c: &Pay) -> InvoicePaid {
        InvoicePaid { invoice: c.invoice }
    }

    #[decide]
    fn record(&self, c: &RecordReminder) -> Result<CustomerReminded, &'static str> {
        if self.is_paid { Err("it was paid") } else { Ok(CustomerReminded { invoice: c.invoice }) }
    }
}

/// Reminds two weeks after an invoice was sent.
#[derive(Clone, Default)]
pub(crate) struct Dunning {
    done: Arc<Mutex<Vec<(u64, String)>>>,
}

impl Dunning {
    /// The invoices of which it reminded, by number.
    pub(crate) fn keys(&self) -> Vec<u64> {
        let mut keys: Vec<u64> = self.done.lock().unwrap().iter().map(|(invoice, _)| *invoice).collect();
        keys.sort_unstable();
        keys
    }

    /// The keys of its effects, each with which try it was.
    pub(crate) fn effects(&self) -> Vec<String> {
        self.done.lock().unwrap().iter().map(|(_, effect)| effect.clone()).collect()
    }
}

#[processor(name = "dunning", from = "beginning")]
impl Dunning {
    #[todo]
    fn sent(&self, event: &InvoiceSent, at: &Timestamp) -> Todo<u64, u64> {
        Todo::new(event.invoice, event.invoice).due(*at + Duration::from_secs(14 * 24 * 3600))
    }

    #[done]
    fn paid(&self, event: &InvoicePaid) -> u64 {
        event.invoice
    }

    #[work(refused = "fail")]
    async fn remind(&self, invoice: &u64, cx: &mut Effect<'_>) -> RecordReminder {
        self.done.lock().unwrap().push((*invoice, format!("{} {}", cx.key(), cx.attempt())));
        RecordReminder { invoice: *invoice }
    }
}

pub(crate) fn clock() -> TestClock {
    TestClock::at("2026-11-02T09:00:00Z".parse().unwrap())
}

/// The events `CustomerReminded` of a log.
pub(crate) async fn reminded(app: &App<impl EventStore>) -> Vec<RecordedEvent> {
    let query = Query::of::<CustomerReminded>();
    app.store().read(&query, ReadOptions::default()).await.unwrap().events
}
