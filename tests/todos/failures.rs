//! To-dos that fail: by an error, a panic, a refused command, by lasting too long, and since the log cannot be reached.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use eskit::log::{Appended, StoreErrorKind};
use eskit::prelude::*;
use eskit::processor::Effect;
use eskit::testing::TestClock;
use eskit::work::{ClaimWork, ListWork, Todo, Work as _, WorkItem, WorkState};
use eskit::{MemoryViews, Running, delegate_store};

use crate::invoices::{InvoiceSent, Pay, RecordReminder, Send, clock, reminded};

/// Fails at odd invoices as long as it is told to.
#[derive(Clone, Default)]
struct Trying {
    is_mended: Arc<AtomicBool>,
    tries: Arc<Mutex<Vec<(u64, u32)>>>,
}

#[processor(name = "trying", from = "beginning")]
impl Trying {
    #[todo]
    fn sent(&self, event: &InvoiceSent) -> Todo<u64, u64> {
        Todo::new(event.invoice % 10, event.invoice)
    }

    #[work(attempts = 3, within = "100ms", refused = "fail")]
    async fn try_it(&self, invoice: &u64, cx: &mut Effect<'_>) -> Result<RecordReminder, std::io::Error> {
        self.tries.lock().unwrap().push((*invoice, cx.attempt()));
        let is_mended = self.is_mended.load(Ordering::SeqCst);
        match invoice {
            1 if !is_mended => Err(std::io::Error::other("no connection")),
            3 if !is_mended => panic!("three is too much"),
            5 if !is_mended => std::future::pending().await,
            _ => Ok(RecordReminder { invoice: *invoice }),
        }
    }
}

impl Trying {
    fn tries(&self, invoice: u64) -> Vec<u32> {
        let tries = self.tries.lock().unwrap();
        tries.iter().filter(|(of, _)| *of == invoice).map(|(_, attempt)| *attempt).collect()
    }
}

async fn items(app: &Running<impl EventStore + 'static>) -> Vec<WorkItem> {
    app.todos::<Trying>().unwrap().list(ListWork::default()).await.unwrap()
}

#[tokio::test]
async fn what_fails_is_tried_again_and_parked_after_the_last_try() {
    let (clock, trying) = (clock(), Trying::default());
    let app = App::new(MemoryStore::new()).with_clock(&clock).with_processor(trying.clone(), MemoryViews::new());
    let app = app.start().await.unwrap();
    // Of these, 1 and 11 have the same key.
    for invoice in [1, 2, 3, 5, 11] {
        app.execute(Send { invoice }).await.unwrap();
    }
    app.settle().await.unwrap();
    assert!(items(&app).await.iter().all(
        |item| item.state == WorkState::Waiting && item.due > clock.now() || item.key == "1" && item.attempts == 0
    ));
    for _ in 0..4 {
        clock.advance(Duration::from_secs(3600));
        app.settle().await.unwrap();
    }
    for (invoice, tries) in [(1, vec![1, 2, 3]), (2, vec![1]), (3, vec![1, 2, 3]), (5, vec![1, 2, 3]), (11, vec![])] {
        assert_eq!(trying.tries(invoice), tries, "{invoice}");
    }
    let todos = app.todos::<Trying>().unwrap();
    let parked = todos.parked().await.unwrap();
    let texts: Vec<_> = parked.iter().map(|item| (item.key.as_str(), item.text.as_str())).collect();
    assert_eq!(texts[0], ("1", "no connection"));
    assert!(texts[1].0 == "3" && texts[1].1.contains("panicked: three is too much"), "{texts:?}");
    assert!(texts[2].0 == "5" && texts[2].1.starts_with("it did not end within 100ms\nhelp: "), "{texts:?}");
    assert_eq!(texts.len(), 3);
    let health = &app.work_health()[0];
    assert_eq!((health.done, health.failed, health.parked, health.claimed), (1, 6, 3, 0));

    trying.is_mended.store(true, Ordering::SeqCst);
    assert!(todos.retry(&parked[0].id).await.unwrap());
    assert!(todos.remove(&parked[1].id).await.unwrap());
    assert!(!todos.retry("unknown").await.unwrap() && !todos.remove("unknown").await.unwrap());
    app.settle().await.unwrap();
    // What waited behind the first one is done after it.
    assert_eq!((trying.tries(1), trying.tries(11)), (vec![1, 2, 3, 1], vec![1]));
    let left: Vec<String> = items(&app).await.into_iter().map(|item| item.key).collect();
    assert_eq!(left, ["5"]);
    app.stop().await.unwrap();
}

#[tokio::test]
async fn a_refused_command_parks_at_once_or_is_passed_over() {
    #[derive(Clone)]
    struct Skipping;

    #[processor(name = "skipping", from = "beginning")]
    impl Skipping {
        #[todo]
        fn sent(&self, event: &InvoiceSent) -> Todo<u64, u64> {
            Todo::new(event.invoice, event.invoice)
        }

        #[work(refused = "skip")]
        fn remind(&self, invoice: &u64) -> RecordReminder {
            RecordReminder { invoice: *invoice }
        }
    }

    let trying = Trying::default();
    let app = App::new(MemoryStore::new());
    app.execute(Pay { invoice: 2 }).await.unwrap();
    app.execute(Send { invoice: 2 }).await.unwrap();
    let app = app.with_processor(trying.clone(), MemoryViews::new()).with_processor(Skipping, MemoryViews::new());
    let app = app.start().await.unwrap();
    app.settle().await.unwrap();
    assert_eq!(trying.tries(2), [1]);
    let parked = app.todos::<Trying>().unwrap().parked().await.unwrap();
    assert_eq!(parked[0].text, "the command `RecordReminder` was refused: it was paid");
    assert_eq!(app.todos::<Skipping>().unwrap().list(ListWork::default()).await.unwrap(), []);
    assert_eq!(reminded(&app).await.len(), 0);
    app.stop().await.unwrap();
}

/// A store of which every append fails, as long as it is told to.
#[derive(Clone)]
struct Unreachable {
    store: MemoryStore,
    failures: Arc<AtomicU32>,
}

impl EventStore for Unreachable {
    delegate_store!(|layer| &layer.store, except append);

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let left = self.failures.try_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        match left {
            Ok(_) => Err(AppendError::Store(StoreError::new(StoreErrorKind::Unavailable, "the log is gone"))),
            Err(_) => self.store.append(append).await,
        }
    }
}

#[tokio::test]
async fn a_log_that_cannot_be_reached_counts_no_try() {
    let (trying, failures) = (Trying::default(), Arc::<AtomicU32>::default());
    let store = Unreachable { store: MemoryStore::new(), failures: Arc::clone(&failures) };
    let retry = eskit::RetryPolicy::never();
    let app = App::new(store).with_retry(retry).with_processor(trying.clone(), MemoryViews::new());
    let app = app.start().await.unwrap();
    let sent = NewEvent::encode(&InvoiceSent { invoice: 2 }).unwrap();
    app.store().append(Append::new(sent)).await.unwrap();
    failures.store(5, Ordering::SeqCst);
    while reminded(&app).await.is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    app.settle().await.unwrap();
    let tries = trying.tries(2);
    assert!(tries.len() >= 6 && tries.iter().all(|attempt| *attempt == 1), "{tries:?}");
    assert_eq!(reminded(&app).await.len(), 1);
    assert_eq!(app.todos::<Trying>().unwrap().list(ListWork::default()).await.unwrap(), []);
    app.stop().await.unwrap();
}

/// Loses this many claims of what is due, as kills do.
async fn lose_claims(views: &MemoryViews, list: &str, clock: &TestClock, times: u32, items: u32) {
    for attempt in 1..=times {
        let kinds = vec!["eskit-tests.InvoiceSent@1".to_owned()];
        let claim = ClaimWork { kinds, now: clock.now(), limit: items, lease: Duration::ZERO };
        let claimed = views.claim_work(list, claim).await.unwrap().items;
        let attempts: Vec<u32> = claimed.iter().map(|item| item.attempts).collect();
        assert_eq!(attempts, vec![attempt; items as usize]);
    }
}

/// The number of the tries says when to give up: once it was tried with nothing beside it, too.
#[tokio::test]
async fn what_ends_the_process_at_each_try_is_parked() {
    struct Fatal;

    #[processor(name = "fatal", from = "beginning")]
    impl Fatal {
        #[todo]
        fn sent(&self, event: &InvoiceSent, at: &Timestamp) -> Todo<u64, ()> {
            Todo::new(event.invoice, ()).due(*at + Duration::from_secs(60))
        }

        #[work(attempts = 3)]
        async fn end(&self, _: &(), _: &mut Effect<'_>) {}
    }

    let (clock, views, store) = (clock(), MemoryViews::new(), MemoryStore::new());
    let app = || App::new(store.clone()).with_clock(&clock).with_processor(Fatal, views.clone());
    let running = app().start().await.unwrap();
    running.execute(Send { invoice: 2 }).await.unwrap();
    running.settle().await.unwrap();
    running.stop().await.unwrap();
    clock.advance(Duration::from_secs(120));
    lose_claims(&views, "fatal", &clock, 4, 1).await;
    let running = app().start().await.unwrap();
    running.settle().await.unwrap();
    let parked = running.todos::<Fatal>().unwrap().parked().await.unwrap();
    assert_eq!(parked[0].text, "it was tried 4 times, and each time the process ended or lost its claim in the middle");
    running.stop().await.unwrap();
}

/// What was claimed beside an item that ends the process loses its claims with it, perhaps without a try.
#[tokio::test]
async fn what_waited_beside_what_ends_the_process_is_tried_alone() {
    #[derive(Clone, Default)]
    struct Beside {
        at_work: Arc<AtomicUsize>,
        /// The number of each try, and how many others were at work then.
        tries: Arc<Mutex<Vec<(u32, usize)>>>,
    }

    #[processor(name = "beside", from = "beginning")]
    impl Beside {
        #[todo]
        fn sent(&self, event: &InvoiceSent, at: &Timestamp) -> Todo<u64, ()> {
            Todo::new(event.invoice, ()).due(*at + Duration::from_secs(60))
        }

        #[work(attempts = 3)]
        async fn remind(&self, _: &(), effect: &mut Effect<'_>) {
            self.at_work.fetch_add(1, Ordering::SeqCst);
            // So long that others would begin.
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            let others = self.at_work.fetch_sub(1, Ordering::SeqCst) - 1;
            self.tries.lock().unwrap().push((effect.attempt(), others));
        }
    }

    let (clock, views, store, beside) = (clock(), MemoryViews::new(), MemoryStore::new(), Beside::default());
    let app = || App::new(store.clone()).with_clock(&clock).with_processor(beside.clone(), views.clone());
    let running = app().start().await.unwrap();
    for invoice in 2..=6 {
        running.execute(Send { invoice }).await.unwrap();
    }
    running.settle().await.unwrap();
    running.stop().await.unwrap();
    clock.advance(Duration::from_secs(120));
    lose_claims(&views, "beside", &clock, 3, 3).await;
    let running = app().start().await.unwrap();
    running.settle().await.unwrap();
    let mut tries = beside.tries.lock().unwrap().clone();
    tries.sort_unstable();
    assert_eq!(tries.iter().map(|(attempt, _)| *attempt).collect::<Vec<_>>(), [1, 1, 4, 4, 4]);
    assert!(tries[2..].iter().all(|(_, others)| *others == 0), "{tries:?}");
    assert_eq!(running.todos::<Beside>().unwrap().list(ListWork::default()).await.unwrap(), []);
    running.stop().await.unwrap();
}
