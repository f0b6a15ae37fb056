//! The events of an app as they come.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail their test")]

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};

use eskit::log::{Page, StoreErrorKind};
use eskit::prelude::*;
use eskit::subscription::Start;
use eskit::{Events, delegate_store};
use futures_core::Stream;

#[derive(Event, Serialize, Deserialize)]
struct Paid {
    #[tag]
    order: u64,
}

#[derive(Event, Serialize, Deserialize)]
struct Shipped {
    #[tag]
    order: u64,
}

#[derive(Event, Serialize, Deserialize)]
struct Ignored {}

#[derive(Event)]
enum OrderEvent {
    Paid(Paid),
    Shipped(Shipped),
}

async fn append<S: EventStore>(app: &App<S>, events: impl eskit::model::Emit) -> Place {
    app.store().append(Append::new(NewEvent::encode(&events).unwrap())).await.unwrap();
    app.store().head().await.unwrap()
}

async fn next_order(events: &mut Events) -> u64 {
    match events.next().await.unwrap().decode::<OrderEvent>().unwrap() {
        OrderEvent::Paid(Paid { order }) | OrderEvent::Shipped(Shipped { order }) => order,
    }
}

fn poll(events: &mut Events) -> Poll<Result<RecordedEvent, StoreError>> {
    let mut next = pin!(events.next());
    next.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

#[tokio::test]
async fn the_events_that_are_there_come_first_and_then_the_new_ones() {
    let app = App::new(MemoryStore::new());
    append(&app, (Paid { order: 1 }, Ignored {}, Shipped { order: 2 })).await;
    let mut events = app.events::<OrderEvent>(Start::Beginning);
    assert_eq!((next_order(&mut events).await, next_order(&mut events).await), (1, 2));
    // A call that is dropped while it waits loses nothing.
    assert!(poll(&mut events).is_pending());
    append(&app, Ignored {}).await;
    assert!(poll(&mut events).is_pending());
    append(&app, (Paid { order: 3 }, Paid { order: 4 })).await;
    assert_eq!((next_order(&mut events).await, next_order(&mut events).await), (3, 4));
}

#[tokio::test]
async fn it_begins_where_it_is_told() {
    let app = App::new(MemoryStore::new());
    let first = append(&app, Paid { order: 1 }).await;
    append(&app, Paid { order: 2 }).await;
    let mut after = app.events::<OrderEvent>(Start::After(first));
    let mut now = app.events::<OrderEvent>(Start::Now);
    assert!(poll(&mut now).is_pending());
    append(&app, Paid { order: 3 }).await;
    assert_eq!(next_order(&mut now).await, 3);
    assert_eq!((next_order(&mut after).await, next_order(&mut after).await), (2, 3));
}

#[tokio::test]
async fn more_than_a_page_comes_in_order() {
    let app = App::new(MemoryStore::new());
    for order in 0..2_500 {
        append(&app, Paid { order }).await;
    }
    let mut events = app.events::<OrderEvent>(Start::Beginning);
    for order in 0..2_500 {
        assert_eq!(next_order(&mut events).await, order);
    }
}

/// A store that cannot be read a few times.
struct Shaky {
    store: MemoryStore,
    failures: Arc<AtomicU32>,
}

impl EventStore for Shaky {
    delegate_store!(|layer| &layer.store, except read);

    async fn read(&self, query: &Query, options: ReadOptions) -> Result<Page, StoreError> {
        let left = self.failures.load(Ordering::Relaxed);
        if left > 0 {
            self.failures.store(left - 1, Ordering::Relaxed);
            return Err(StoreError::new(StoreErrorKind::Unavailable, "the cable is out"));
        }
        self.store.read(query, options).await
    }
}

#[tokio::test]
async fn a_failure_is_told_and_loses_nothing() {
    let failures = Arc::new(AtomicU32::new(0));
    let app = App::new(Shaky { store: MemoryStore::new(), failures: Arc::clone(&failures) });
    append(&app, Paid { order: 1 }).await;
    let mut events = app.events::<OrderEvent>(Start::Beginning);
    assert_eq!(next_order(&mut events).await, 1);
    append(&app, Paid { order: 2 }).await;
    failures.store(2, Ordering::Relaxed);
    for _ in 0..2 {
        assert_eq!(events.next().await.unwrap_err().to_string(), "the cable is out");
    }
    assert_eq!(next_order(&mut events).await, 2);
}

#[tokio::test]
async fn it_is_a_stream() {
    let app = App::new(MemoryStore::new());
    append(&app, Paid { order: 1 }).await;
    let mut events = app.events::<Paid>(Start::Beginning);
    let next = std::future::poll_fn(|context| Pin::new(&mut events).poll_next(context)).await;
    assert_eq!(next.unwrap().unwrap().decode::<Paid>().unwrap().order, 1);
}
