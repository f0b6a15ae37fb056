//! To-dos that one call does together.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use eskit::prelude::*;
use eskit::processor::Effect;
use eskit::testing::{TestClock, given};
use eskit::work::{Todo, WorkState};
use eskit::{MemoryViews, Running};

use super::invoices::{InvoicePaid, InvoiceSent, Pay, RecordReminder, Send, clock, reminded};

/// What was seen by one call: of each item the invoice, and the key of its effect without the id of the event.
type Call = Vec<(u64, String)>;

/// Reminds of up to three invoices in one call.
#[derive(Clone, Default)]
struct Mailing {
    calls: Arc<Mutex<Vec<Call>>>,
    /// Invoices that are not to be reminded of any more.
    gone: Arc<Mutex<BTreeSet<u64>>>,
    /// The invoice that makes the whole call fail, and the one that makes it panic.
    poison: Option<u64>,
    panics: Option<u64>,
    /// The invoice whose reminder fails alone.
    bad: Option<u64>,
}

impl Mailing {
    fn called(&self, items: &[u64], effects: &[Effect<'_>]) {
        let key = |effect: &Effect<'_>| effect.key().rsplit('/').next().map(str::to_owned).unwrap();
        assert_eq!(items.len(), effects.len());
        self.calls.lock().unwrap().push(items.iter().copied().zip(effects.iter().map(key)).collect());
    }

    /// The invoices of each call.
    fn calls(&self) -> Vec<Vec<u64>> {
        self.calls.lock().unwrap().iter().map(|call| call.iter().map(|(invoice, _)| *invoice).collect()).collect()
    }
}

#[processor(name = "mailing", from = "beginning")]
impl Mailing {
    #[todo]
    fn sent(&self, event: &InvoiceSent) -> Option<Todo<u64, u64>> {
        let is_gone = self.gone.lock().unwrap().contains(&event.invoice);
        (!is_gone).then(|| Todo::new(event.invoice, event.invoice).due("2026-11-03T09:00:00Z".parse().unwrap()))
    }

    #[done]
    fn paid(&self, event: &InvoicePaid) -> u64 {
        event.invoice
    }

    #[work(batch = 3, workers = 1, attempts = 2, refused = "fail")]
    async fn remind(
        &self,
        invoices: &[u64],
        each: &mut [Effect<'_>],
    ) -> Result<Vec<Result<RecordReminder, &'static str>>, String> {
        self.called(invoices, each);
        assert!(!invoices.iter().any(|invoice| self.panics == Some(*invoice)), "panicked on purpose");
        if let Some(poison) = invoices.iter().find(|invoice| self.poison == Some(**invoice)) {
            return Err(format!("invoice {poison} is poison"));
        }
        let one = |invoice: &u64| match self.bad == Some(*invoice) {
            true => Err("no such address"),
            false => Ok(RecordReminder { invoice: *invoice }),
        };
        Ok(invoices.iter().map(one).collect())
    }
}

/// An app with `invoices` invoices of which is to be reminded now, and its clock a day later than they were sent.
async fn due(mailing: &Mailing, invoices: u64) -> (Running<MemoryStore>, TestClock) {
    let clock = clock();
    let app = App::new(MemoryStore::new()).with_clock(&clock).with_processor(mailing.clone(), MemoryViews::new());
    let app = app.start().await.unwrap();
    for invoice in 1..=invoices {
        app.execute(Send { invoice }).await.unwrap();
    }
    app.settle().await.unwrap();
    assert_eq!(mailing.calls(), [[0; 0]; 0]);
    (app, clock)
}

/// Lets two days pass, in which everything is due, and then enough for the next try.
async fn settle_twice(app: &Running<MemoryStore>, clock: &TestClock) {
    for wait in [2 * super::DAY, Duration::from_secs(10)] {
        clock.advance(wait);
        app.settle().await.unwrap();
    }
}

#[tokio::test]
async fn what_is_due_is_done_together_each_with_its_effect() {
    let mailing = Mailing::default();
    let (app, clock) = due(&mailing, 5).await;
    settle_twice(&app, &clock).await;
    assert_eq!(mailing.calls(), [vec![1, 2, 3], vec![4, 5]]);
    for (invoice, key) in mailing.calls.lock().unwrap().iter().flatten() {
        assert_eq!(*key, invoice.to_string());
    }
    assert_eq!(reminded(&app).await.len(), 5);
    assert_eq!(app.work_health()[0].done, 5);
    app.stop().await.unwrap();
}

#[tokio::test]
async fn after_a_failure_of_all_each_is_done_by_itself() {
    for mailing in
        [Mailing { poison: Some(2), ..Mailing::default() }, Mailing { panics: Some(2), ..Mailing::default() }]
    {
        let (app, clock) = due(&mailing, 3).await;
        settle_twice(&app, &clock).await;
        let mut calls = mailing.calls();
        calls[1..].sort_unstable();
        assert_eq!(calls, [vec![1, 2, 3], vec![1], vec![2], vec![3]]);
        assert_eq!(reminded(&app).await.len(), 2);
        let parked = app.todos::<Mailing>().unwrap().parked().await.unwrap();
        assert_eq!(parked.iter().map(|item| (item.key.as_str(), item.attempts)).collect::<Vec<_>>(), [("2", 2)]);
        app.stop().await.unwrap();
    }
}

#[tokio::test]
async fn each_has_an_outcome_of_its_own() {
    let mailing = Mailing { bad: Some(2), ..Mailing::default() };
    let (app, clock) = due(&mailing, 3).await;
    clock.advance(2 * super::DAY);
    app.settle().await.unwrap();
    let left = app.todos::<Mailing>().unwrap().list(Default::default()).await.unwrap();
    let left: Vec<_> = left.iter().map(|item| (item.key.as_str(), item.state, item.text.as_str())).collect();
    assert_eq!(left, [("2", WorkState::Waiting, "no such address")]);
    assert_eq!(reminded(&app).await.len(), 2);

    clock.advance(Duration::from_secs(10));
    app.settle().await.unwrap();
    assert_eq!(mailing.calls(), [vec![1, 2, 3], vec![2]]);
    assert_eq!(app.todos::<Mailing>().unwrap().parked().await.unwrap().len(), 1);
    app.stop().await.unwrap();
}

#[tokio::test]
async fn what_is_not_to_be_done_any_more_is_left_out() {
    let mailing = Mailing::default();
    let (app, clock) = due(&mailing, 3).await;
    mailing.gone.lock().unwrap().insert(1);
    settle_twice(&app, &clock).await;
    let call = vec![(2, "2".to_owned()), (3, "3".to_owned())];
    assert_eq!(*mailing.calls.lock().unwrap(), [call]);
    let reminded = reminded(&app).await;
    let keys: Vec<_> =
        reminded.iter().map(|event| event.tags.iter().map(|tag| tag.to_string()).collect::<String>()).collect();
    assert_eq!(keys, ["invoice:2", "invoice:3"]);
    assert_eq!(app.todos::<Mailing>().unwrap().list(Default::default()).await.unwrap(), []);
    app.stop().await.unwrap();
}

#[tokio::test]
async fn what_was_done_meanwhile_is_left_out() {
    let mailing = Mailing::default();
    let (app, clock) = due(&mailing, 3).await;
    app.execute(Pay { invoice: 2 }).await.unwrap();
    settle_twice(&app, &clock).await;
    assert_eq!(mailing.calls(), [vec![1, 3]]);
    app.stop().await.unwrap();
}

/// Returns an outcome too few.
#[derive(Clone, Default)]
struct Short {
    calls: Arc<Mutex<Vec<usize>>>,
}

#[processor(name = "short", from = "beginning")]
impl Short {
    #[todo]
    fn sent(&self, event: &InvoiceSent) -> Todo<u64, u64> {
        Todo::new(event.invoice, event.invoice).due("2026-11-03T09:00:00Z".parse().unwrap())
    }

    #[work(batch = 10, attempts = 1, workers = 1)]
    fn remind(&self, invoices: &[u64]) -> Vec<()> {
        self.calls.lock().unwrap().push(invoices.len());
        vec![(); invoices.len() - 1]
    }
}

#[tokio::test]
async fn an_outcome_too_few_fails_all() {
    let (clock, short) = (clock(), Short::default());
    let app = App::new(MemoryStore::new()).with_clock(&clock).with_processor(short.clone(), MemoryViews::new());
    let app = app.start().await.unwrap();
    for invoice in 1..=2 {
        app.execute(Send { invoice }).await.unwrap();
    }
    clock.advance(2 * super::DAY);
    app.settle().await.unwrap();
    assert_eq!(*short.calls.lock().unwrap(), [2]);
    let parked = app.todos::<Short>().unwrap().parked().await.unwrap();
    let text = "the method was given 2 to-dos, and returned 1 outcomes\nhelp: return one for each, in their order";
    assert_eq!(parked.iter().map(|item| item.text.as_str()).collect::<Vec<_>>(), [text; 2]);
    app.stop().await.unwrap();
}

#[test]
fn one_of_them_is_tested_by_itself() {
    let sent = |invoice| InvoiceSent { invoice };
    given((sent(1), sent(2))).then_work(&Mailing::default(), 2_u64, RecordReminder { invoice: 2 }).then_todos(
        &Mailing::default(),
        [1_u64, 2].map(|invoice| Todo::new(invoice, invoice).due("2026-11-03T09:00:00Z".parse().unwrap())),
    );
}
