//! To-dos, timers and schedules of processors: what is done, how often, when, and what is left of it after a failure or a crash.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail their test")]

mod batches;
mod failures;
mod invoices;
mod on_postgres;
mod panicking;
mod queues;
mod schedules;
mod steps;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use eskit::MemoryViews;
use eskit::log::{PrincipalKind, StreamChange};
use eskit::prelude::*;
use eskit::processor::Effect;
use eskit::testing::TestClock;
use eskit::work::{ListWork, Todo, WorkState};
use tokio::sync::Barrier;

use invoices::{Dunning, InvoiceSent, Pay, Send, clock, reminded};

const DAY: Duration = Duration::from_secs(24 * 3600);

#[tokio::test]
async fn what_is_due_later_is_done_when_it_is_due_and_once() {
    let (clock, dunning) = (clock(), Dunning::default());
    let app = App::new(MemoryStore::new()).with_clock(&clock).with_processor(dunning.clone(), MemoryViews::new());
    let app = app.start().await.unwrap();
    let metadata = Metadata::new().with_correlation_id("request-17");
    let sent = app.execute(Send { invoice: 17 }).metadata(metadata).await.unwrap();
    app.settle().await.unwrap();
    assert_eq!(dunning.keys(), [0; 0]);

    clock.advance(13 * DAY);
    app.settle().await.unwrap();
    assert_eq!(dunning.keys(), [0; 0]);

    clock.advance(DAY);
    app.settle().await.unwrap();
    clock.advance(DAY);
    app.settle().await.unwrap();
    assert_eq!(dunning.keys(), [17]);
    let reminded = reminded(&app).await;
    assert_eq!(reminded.len(), 1);
    let metadata = &reminded[0].metadata;
    assert_eq!(metadata.causation_id(), Some(sent.events[0].id.to_string().as_str()));
    assert_eq!(metadata.correlation_id(), Some("request-17"));
    let initiator = metadata.initiator().unwrap();
    assert_eq!((&initiator.kind, initiator.id.as_str()), (&PrincipalKind::Automation, "dunning"));
    assert_eq!(dunning.effects(), [format!("dunning/{}/17 1", sent.events[0].id)]);
    assert_eq!(app.todos::<Dunning>().unwrap().list(ListWork::default()).await.unwrap(), []);
    app.stop().await.unwrap();
}

#[tokio::test]
async fn what_was_closed_is_not_done() {
    let (clock, dunning) = (clock(), Dunning::default());
    let app = App::new(MemoryStore::new()).with_clock(&clock).with_processor(dunning.clone(), MemoryViews::new());
    let app = app.start().await.unwrap();
    for invoice in 1..=3 {
        app.execute(Send { invoice }).await.unwrap();
    }
    app.execute(Pay { invoice: 2 }).await.unwrap();
    // What is not open is closed already.
    app.execute(Pay { invoice: 4 }).await.unwrap();
    clock.advance(15 * DAY);
    app.settle().await.unwrap();
    assert_eq!(dunning.keys(), [1, 3]);
    app.stop().await.unwrap();
}

/// The log says already that it was paid, so nobody is reminded, although the to-do is opened first.
#[tokio::test]
async fn what_the_log_says_is_done_is_not_done_again() {
    let (clock, dunning) = (clock(), Dunning::default());
    let app = App::new(MemoryStore::new()).with_clock(&clock);
    for invoice in 1..=200 {
        app.execute(Send { invoice }).await.unwrap();
    }
    for invoice in 1..=199 {
        app.execute(Pay { invoice }).await.unwrap();
    }
    clock.advance(15 * DAY);
    let mut options = eskit::subscription::FollowOptions::default();
    options.page = 1;
    let app = app.with_follow_options(options).with_processor(dunning.clone(), MemoryViews::new());
    let app = app.start().await.unwrap();
    app.settle().await.unwrap();
    assert_eq!(dunning.keys(), [200]);
    app.stop().await.unwrap();
}

#[tokio::test]
async fn nothing_is_done_while_the_processor_is_paused() {
    let (clock, dunning) = (clock(), Dunning::default());
    let app = App::new(MemoryStore::new()).with_clock(&clock).with_processor(dunning.clone(), MemoryViews::new());
    let app = app.start().await.unwrap();
    app.execute(Send { invoice: 1 }).await.unwrap();
    app.settle().await.unwrap();
    app.pause::<Dunning>().unwrap();
    while app.work_health()[0].is_open {
        tokio::time::sleep(Duration::from_millis(1)).await;
        clock.advance(Duration::from_millis(1));
    }
    clock.advance(15 * DAY);
    app.execute(Pay { invoice: 1 }).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(dunning.keys(), [0; 0]);
    app.resume::<Dunning>().unwrap();
    app.settle().await.unwrap();
    // It was paid meanwhile, which is read before anything is done.
    assert_eq!(dunning.keys(), [0; 0]);
    app.stop().await.unwrap();
}

#[tokio::test]
async fn one_event_closes_before_it_opens() {
    struct Latest(Arc<AtomicU32>);

    #[processor(name = "latest", from = "beginning")]
    impl Latest {
        #[todo]
        fn opened(&self, event: &InvoiceSent, at: &Timestamp) -> Todo<u64, ()> {
            Todo::new(event.invoice, ()).due(*at + DAY)
        }

        #[done]
        fn replaced(&self, event: &InvoiceSent) -> u64 {
            event.invoice
        }

        #[work]
        async fn count(&self, _: &(), _: &mut Effect<'_>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    let (clock, count) = (clock(), Arc::default());
    let app = App::new(MemoryStore::new()).with_clock(&clock);
    let app = app.with_processor(Latest(Arc::clone(&count)), MemoryViews::new()).start().await.unwrap();
    for _ in 0..3 {
        app.execute(Send { invoice: 1 }).await.unwrap();
        app.settle().await.unwrap();
        clock.advance(DAY / 2);
    }
    assert_eq!(count.load(Ordering::SeqCst), 0, "each invoice replaced the one before it");
    clock.advance(DAY);
    app.settle().await.unwrap();
    assert_eq!(count.load(Ordering::SeqCst), 1);
    app.stop().await.unwrap();
}

/// Two to-dos of different keys wait for each other, and those of one key never overlap.
#[tokio::test]
async fn keys_are_done_side_by_side_and_each_in_order() {
    #[derive(Default)]
    struct Seen {
        order: std::sync::Mutex<Vec<(u64, u64)>>,
        running: [AtomicU32; 2],
    }

    struct Sides {
        seen: Arc<Seen>,
        both: Barrier,
    }

    #[processor(name = "sides", from = "beginning")]
    impl Sides {
        #[todo]
        fn sent(&self, event: &InvoiceSent) -> Todo<u64, u64> {
            Todo::new(event.invoice % 2, event.invoice)
        }

        #[work(workers = 2)]
        async fn meet(&self, invoice: &u64, _: &mut Effect<'_>) {
            let key = invoice % 2;
            let running = &self.seen.running[usize::try_from(key).unwrap()];
            assert_eq!(running.fetch_add(1, Ordering::SeqCst), 0, "key {key} is done twice at once");
            self.both.wait().await;
            self.seen.order.lock().unwrap().push((key, *invoice));
            running.fetch_sub(1, Ordering::SeqCst);
        }
    }

    let seen = Arc::new(Seen::default());
    let sides = Sides { seen: Arc::clone(&seen), both: Barrier::new(2) };
    let app = App::new(MemoryStore::new()).with_processor(sides, MemoryViews::new()).start().await.unwrap();
    for invoice in 1..=20 {
        app.execute(Send { invoice }).await.unwrap();
    }
    app.settle().await.unwrap();
    for key in 0..2 {
        let order = seen.order.lock().unwrap();
        let own: Vec<u64> = order.iter().filter(|(of, _)| *of == key).map(|(_, invoice)| *invoice).collect();
        let expected: Vec<u64> = (1..=20).filter(|invoice| invoice % 2 == key).collect();
        assert_eq!(own, expected);
    }
    app.stop().await.unwrap();
}

#[tokio::test]
async fn what_a_deleted_event_opened_is_closed() {
    let (clock, dunning) = (clock(), Dunning::default());
    let app = App::new(MemoryStore::new()).with_clock(&clock).with_processor(dunning.clone(), MemoryViews::new());
    let app = app.start().await.unwrap();
    let stream = StreamId::new("invoices", "1");
    let mut events = NewEvent::encode(&InvoiceSent { invoice: 1 }).unwrap();
    events[0].stream = Some(stream.clone());
    app.store().append(Append::new(events)).await.unwrap();
    app.execute(Send { invoice: 2 }).await.unwrap();
    app.settle().await.unwrap();
    clock.set(Timestamp::now());
    app.store().change_stream(&stream, StreamChange::Delete { reason: "a request".to_owned() }).await.unwrap();
    clock.advance(15 * DAY);
    app.settle().await.unwrap();
    assert_eq!(dunning.keys(), [2]);
    assert_eq!(app.todos::<Dunning>().unwrap().list(ListWork::default()).await.unwrap(), []);
    app.stop().await.unwrap();
}

#[tokio::test]
async fn stop_waits_for_what_is_being_done() {
    struct Slow(Arc<AtomicU32>);

    #[processor(name = "slow", from = "beginning")]
    impl Slow {
        #[todo]
        fn sent(&self, event: &InvoiceSent) -> Todo<u64, ()> {
            Todo::new(event.invoice, ())
        }

        #[work(workers = 1)]
        async fn wait(&self, _: &(), _: &mut Effect<'_>) {
            self.0.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(200)).await;
            self.0.fetch_add(100, Ordering::SeqCst);
        }
    }

    let (begun, views) = (Arc::<AtomicU32>::default(), MemoryViews::new());
    let store = MemoryStore::new();
    let app = App::new(store.clone()).with_processor(Slow(Arc::clone(&begun)), views.clone()).start().await.unwrap();
    for invoice in 1..=3 {
        app.execute(Send { invoice }).await.unwrap();
    }
    while begun.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    app.stop().await.unwrap();
    // The others were given back, and can be claimed at once.
    assert_eq!(begun.load(Ordering::SeqCst), 101);
    let left = app.todos::<Slow>().unwrap().list(ListWork::default()).await.unwrap();
    let left: Vec<_> = left.iter().map(|item| (item.key.as_str(), item.attempts, item.state)).collect();
    assert_eq!(left, [("2", 0, WorkState::Waiting), ("3", 0, WorkState::Waiting)]);
    let app = App::new(store).with_processor(Slow(Arc::clone(&begun)), views).start().await.unwrap();
    app.settle().await.unwrap();
    assert_eq!(begun.load(Ordering::SeqCst), 303);
    app.stop().await.unwrap();
}

#[tokio::test]
async fn effects_from_the_beginning_open_to_dos_again() {
    let (clock, dunning, store, views) = (clock(), Dunning::default(), MemoryStore::new(), MemoryViews::new());
    let app =
        |clock: &TestClock| App::new(store.clone()).with_clock(clock).with_processor(dunning.clone(), views.clone());
    let running = app(&clock).start().await.unwrap();
    running.execute(Send { invoice: 1 }).await.unwrap();
    running.settle().await.unwrap();
    clock.advance(15 * DAY);
    running.settle().await.unwrap();
    running.effects_from::<Dunning>(eskit::subscription::Start::Beginning).unwrap();
    running.settle().await.unwrap();
    // The effect is repeated, and the command is not.
    assert_eq!((dunning.keys(), reminded(&running).await.len()), (vec![1, 1], 1));
    running.stop().await.unwrap();
}

/// A to-do is a function of today's code: one that its event does not open any more is closed.
#[tokio::test]
async fn a_to_do_that_is_not_opened_any_more_is_closed() {
    /// The first version opens to-dos, the second one none.
    struct Versioned(u32);

    #[processor(name = "versioned", from = "beginning")]
    impl Versioned {
        #[todo]
        fn sent(&self, event: &InvoiceSent, at: &Timestamp) -> Option<Todo<u64, ()>> {
            (self.0 == 1).then(|| Todo::new(event.invoice, ()).due(*at + DAY))
        }

        #[work]
        async fn fail(&self, _: &(), _: &mut Effect<'_>) -> Result<(), std::io::Error> {
            Err(std::io::Error::other("there is nothing to do"))
        }
    }

    let (clock, store, views) = (clock(), MemoryStore::new(), MemoryViews::new());
    let app = |version| App::new(store.clone()).with_clock(&clock).with_processor(Versioned(version), views.clone());
    let first = app(1).start().await.unwrap();
    first.execute(Send { invoice: 1 }).await.unwrap();
    first.settle().await.unwrap();
    assert_eq!(first.todos::<Versioned>().unwrap().list(ListWork::default()).await.unwrap().len(), 1);
    first.stop().await.unwrap();
    clock.advance(2 * DAY);
    let second = app(2).start().await.unwrap();
    second.settle().await.unwrap();
    assert_eq!(second.todos::<Versioned>().unwrap().list(ListWork::default()).await.unwrap(), []);
    second.stop().await.unwrap();
}
