use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use eskit::layer::ReadReplica;
use eskit::log::{AppendError, Page, Position, StoreErrorKind};
use eskit::prelude::*;
use eskit::{RetryPolicy, delegate_store};
use eskit_tests::campus::{CampusError, define, enrol};
use eskit_tests::scripted::names;

use super::one;

/// A store that counts its reads.
#[derive(Clone)]
struct Counted {
    log: MemoryStore,
    reads: Arc<AtomicUsize>,
}

impl Counted {
    fn of(log: &MemoryStore) -> Counted {
        Counted { log: log.clone(), reads: Arc::default() }
    }

    fn reads(&self) -> usize {
        self.reads.swap(0, Ordering::Relaxed)
    }
}

impl EventStore for Counted {
    delegate_store!(|counted| &counted.log, except read);

    async fn read(&self, query: &Query, options: ReadOptions) -> Result<Page, StoreError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.log.read(query, options).await
    }
}

/// A primary with this many events, and a replica that has them too.
async fn pair(events: usize) -> (MemoryStore, Counted, ReadReplica<Counted, Counted>) {
    let primary = MemoryStore::new();
    for _ in 0..events {
        primary.append(one()).await.unwrap();
    }
    let replica = Counted::of(&primary.backup());
    let store = ReadReplica::open(Counted::of(&primary), replica.clone()).await.unwrap();
    (primary, replica, store)
}

async fn count(store: &impl EventStore) -> usize {
    store.read(&Query::all(), ReadOptions::default()).await.unwrap().events.len()
}

#[tokio::test]
async fn reads_are_those_of_the_replica() {
    let (_, replica, store) = pair(2).await;
    for _ in 0..3 {
        assert_eq!(count(&store).await, 2);
    }
    // One more asks whether it holds the same log.
    assert_eq!((store.primary().reads(), replica.reads()), (0, 4));
    // The replica may hold what another one lacks that takes the primary's place.
    store.read(&Query::all(), ReadOptions::default().confirmed()).await.unwrap();
    assert_eq!((store.primary().reads(), replica.reads()), (1, 0));
}

#[tokio::test]
async fn a_read_waits_for_what_was_appended_and_then_asks_the_primary() {
    let (primary, replica, store) = pair(1).await;
    let store = store.within(Duration::from_millis(150));
    store.append(one()).await.unwrap();
    let reading = tokio::spawn({
        let store = store.clone();
        async move { count(&store).await }
    });
    tokio::time::sleep(Duration::from_millis(30)).await;
    assert!(!reading.is_finished());
    replica.log.restore(&primary.backup());
    assert_eq!(reading.await.unwrap(), 2);
    assert_eq!(store.primary().reads(), 0);

    store.append(one()).await.unwrap();
    let begun = Instant::now();
    assert_eq!(count(&store).await, 3);
    assert!(begun.elapsed() >= Duration::from_millis(150));
    replica.reads();
    // It rests as long.
    assert_eq!(count(&store).await, 3);
    assert_eq!((store.primary().reads(), replica.reads()), (2, 0));
    replica.log.restore(&primary.backup());
    tokio::time::sleep(Duration::from_millis(160)).await;
    assert_eq!(count(&store).await, 3);
    assert_eq!((store.primary().reads(), replica.reads()), (0, 1));
}

#[tokio::test]
async fn what_was_seen_elsewhere_is_waited_for() {
    let (primary, _, store) = pair(1).await;
    let store = store.within(Duration::from_millis(20));
    let elsewhere = primary.append(one()).await.unwrap().last();
    assert_eq!(count(&store).await, 1);
    store.saw(elsewhere.into());
    assert_eq!(count(&store).await, 2);
    assert_eq!(store.seen().position, elsewhere);
    // A place that no log has got to costs a wait, and is forgotten.
    store.saw(Position::new(99).into());
    tokio::time::sleep(Duration::from_millis(30)).await;
    assert_eq!(count(&store).await, 2);
    assert_eq!(store.seen().position, elsewhere);
}

#[tokio::test]
async fn a_command_that_decided_on_too_little_decides_again() {
    let (primary, replica, store) = pair(0).await;
    let app = App::new(store).with_retry(RetryPolicy::attempts(2));
    app.execute(define("maths", 1)).await.unwrap();
    replica.log.restore(&primary.backup());
    App::new(primary.clone()).execute(enrol("maths", "ada")).await.unwrap();
    // To the replica, the seat is free.
    let enrolling = app.execute(enrol("maths", "bob"));
    let replicating = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        replica.log.restore(&primary.backup());
    };
    let (refused, ()) = tokio::join!(async { enrolling.await }, replicating);
    assert_eq!(refused.unwrap_err().domain(), Some(&CampusError::CourseFull));
    assert_eq!(app.store().primary().reads(), 0);
}

#[tokio::test]
async fn a_key_that_was_used_on_the_primary_is_answered_with_its_events() {
    let (primary, replica, store) = pair(0).await;
    let app = App::new(store.within(Duration::from_millis(20)));
    let on_primary = App::new(primary.clone());
    on_primary.execute(define("maths", 1)).await.unwrap();
    replica.log.restore(&primary.backup());
    let first = on_primary.execute(enrol("maths", "ada")).idempotency_key("k").await.unwrap();
    let again = app.execute(enrol("maths", "ada")).idempotency_key("k").await.unwrap();
    assert!(again.repeated);
    assert_eq!(again.events, first.events);
}

#[tokio::test]
async fn a_replica_of_another_history_is_not_read() {
    let (primary, replica, store) = pair(2).await;
    let store = store.within(Duration::from_millis(20));
    let backup = primary.backup();
    // The replica has got what the primary that took over lacks.
    primary.append(one()).await.unwrap();
    replica.log.restore(&primary.backup());
    store.head().await.unwrap();
    let lost = store.read(&Query::all(), ReadOptions::default()).await.unwrap().events.pop().unwrap();
    primary.restore(&backup);
    primary.append(one()).await.unwrap();
    let holds = Condition::Holds(lost.place());
    let refused = store.append(one().with(holds)).await.unwrap_err();
    assert!(matches!(refused, AppendError::Conflict(_)), "{refused:?}");
    for _ in 0..2 {
        let page = store.read(&Query::all(), ReadOptions::default()).await.unwrap();
        assert!(page.events.iter().all(|event| event.id != lost.id) && names(&page.events).len() == 3);
        let error = store.read(&Query::all(), ReadOptions::default().after(lost.place())).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Replaced);
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    store.primary().reads();
    replica.log.restore(&primary.backup());
    assert_eq!(count(&store).await, 3);
    assert_eq!(store.primary().reads(), 0);
}

#[tokio::test]
async fn what_is_no_replica_is_refused() {
    let error = ReadReplica::open(MemoryStore::new(), MemoryStore::new()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::WrongLog);
    assert!(error.to_string().contains("\nhelp: open a standby of this primary"), "{error}");
}
