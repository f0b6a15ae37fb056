//! Models of all events, which need no key.

use eskit::log::{Append, Condition, Query};
use eskit::prelude::*;
use eskit::testing::given;
use eskit_tests::scripted::{Step, encode, rival};

use crate::scripted;

#[derive(Event, Serialize, Deserialize, Clone)]
struct InvoiceCreated {
    #[tag]
    invoice: u32,
}

#[derive(Event, Serialize, Deserialize)]
struct InvoicePaid {
    #[tag]
    invoice: u32,
}

#[derive(Command)]
struct CreateInvoice;

/// The number of the next invoice.
#[aggregate(all)]
#[derive(Clone, Debug, PartialEq)]
struct NextInvoice(u32);

impl Default for NextInvoice {
    fn default() -> Self {
        NextInvoice(1)
    }
}

#[decider]
impl NextInvoice {
    #[evolve]
    fn created(&mut self, event: &InvoiceCreated) {
        self.0 = event.invoice + 1;
    }

    #[decide]
    fn create(&self, _: &CreateInvoice) -> InvoiceCreated {
        InvoiceCreated { invoice: self.0 }
    }
}

#[aggregate(stream = "invoice")]
#[derive(Default)]
struct Invoice {
    created: bool,
    paid: bool,
}

#[decider]
impl Invoice {
    #[evolve]
    fn created(&mut self, _: &InvoiceCreated) {
        self.created = true;
    }

    #[evolve]
    fn paid(&mut self, _: &InvoicePaid) {
        self.paid = true;
    }
}

/// Creates an invoice under a number that the caller chose.
#[derive(Command)]
struct CreateNumbered {
    #[tag]
    invoice: u32,
}

#[decider]
fn create_numbered(
    command: &CreateNumbered,
    invoice: &Invoice,
    next: &NextInvoice,
) -> Result<InvoiceCreated, &'static str> {
    if invoice.created || command.invoice < next.0 {
        return Err("the number is taken");
    }
    Ok(InvoiceCreated { invoice: command.invoice })
}

#[test]
fn a_number_follows_all_that_were_given() {
    let created = |invoice| InvoiceCreated { invoice };
    given(()).when(CreateInvoice).then(created(1));
    given([created(1), created(2)])
        .and(InvoicePaid { invoice: 1 })
        .when(CreateInvoice)
        .then(created(3))
        .then_state(|next| assert_eq!(next.0, 4));
    given([created(4)]).then_state_of::<NextInvoice>((), |next| assert_eq!(next.0, 5));
    given(created(4)).when(CreateNumbered { invoice: 6 }).then(created(6));
    given(created(4)).when(CreateNumbered { invoice: 4 }).then_error("the number is taken");
    given(created(4)).when(CreateNumbered { invoice: 3 }).then_error("the number is taken");
}

#[tokio::test]
async fn what_is_read_and_guarded_is_named_by_type_alone() {
    let app = scripted();
    app.execute(CreateInvoice).await.unwrap();
    app.execute(CreateNumbered { invoice: 2 }).await.unwrap();
    let appends = app.store().take_appends();
    let expected = Query::from(eskit::log::QueryItem::types(InvoiceCreated::TYPES.names()));
    match appends[0].conditions.as_slice() {
        [Condition::NoEvents { query, .. }] => assert_eq!(*query, expected),
        other => panic!("{other:?}"),
    }
    assert_eq!(appends[1].conditions.len(), 3, "the log, the stream, and all invoices");
    let loaded = app.load::<NextInvoice>(()).await.unwrap();
    assert_eq!((loaded.0, loaded.version, loaded.last.position.get()), (3, 2, 2));
}

#[tokio::test]
async fn a_number_that_was_taken_meanwhile_is_not_given_again() {
    for cached in [false, true] {
        let mut app = scripted();
        if cached {
            app = app.with_state_cache::<NextInvoice>(1);
        }
        app.execute(CreateInvoice).await.unwrap();
        app.store().script([rival(InvoiceCreated { invoice: 2 }), Step::Rival(paid())]);
        let executed = app.execute(CreateInvoice).await.unwrap();
        // In the cache it was old, which is no conflict.
        assert_eq!((executed.state.0, executed.attempts), (4, if cached { 1 } else { 2 }));
        app.store().take_reads();
        assert_eq!(app.execute(CreateInvoice).await.unwrap().state.0, 5);
        assert_eq!(app.store().take_reads().is_empty(), cached);
    }
}

/// What concerns no number.
fn paid() -> Append {
    Append::new(encode(InvoicePaid { invoice: 1 }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_two_invoices_have_one_number() {
    let plain = || App::new(MemoryStore::new()).with_retry(crate::concurrency::patient());
    for app in [plain(), plain().with_single_writer(), plain().with_state_cache::<NextInvoice>(1)] {
        let tasks: Vec<_> = (0..50)
            .map(|_| {
                let app = app.clone();
                tokio::spawn(async move { app.execute(CreateInvoice).await.unwrap().state.0 - 1 })
            })
            .collect();
        let mut numbers = Vec::new();
        for task in tasks {
            numbers.push(task.await.unwrap());
        }
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=50).collect::<Vec<u32>>());
    }
}
