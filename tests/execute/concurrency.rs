//! Many callers at once: the limits hold, nothing is lost, nothing is written twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use eskit::log::{Append, AppendError, Appended};
use eskit::prelude::*;
use eskit::{RetryPolicy, delegate_store};
use eskit_tests::bank::{Account, deposit, open_account, send};
use eskit_tests::campus::{CampusError, Seats, define, enrol};
use eskit_tests::race::race_orders;
use eskit_tests::scripted::{log, names};
use eskit_tests::shop::{Order, Stock};
use tokio::sync::Barrier;

use crate::File;

const TASKS: usize = 16;

/// A policy under which only a livelock would use up the tries.
pub(crate) fn patient() -> RetryPolicy {
    RetryPolicy::attempts(1_000).with_delays(Duration::from_micros(100), Duration::from_millis(5))
}

/// A store that lets other tasks run before each append, and counts the conflicts. In memory a command would else be done
/// within one turn, and no two would ever meet.
struct Meeting<S> {
    store: S,
    conflicts: Arc<AtomicU32>,
}

impl<S: EventStore> EventStore for Meeting<S> {
    delegate_store!(|layer| &layer.store, except append);

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        tokio::task::yield_now().await;
        let result = self.store.append(append).await;
        if matches!(result, Err(AppendError::Conflict(_))) {
            self.conflicts.fetch_add(1, Ordering::Relaxed);
        }
        result
    }
}

/// The apps of one test, and the conflicts that they met.
#[derive(Default)]
struct Meetings {
    conflicts: Arc<AtomicU32>,
}

impl Meetings {
    fn app<S: EventStore>(&self, store: S) -> App<Meeting<S>> {
        App::new(Meeting { store, conflicts: Arc::clone(&self.conflicts) }).with_retry(patient())
    }

    /// Without a conflict the test tried nothing.
    fn took_place(&self) {
        assert!(self.conflicts.load(Ordering::Relaxed) > 0, "no two commands met");
    }
}

/// Every task enrols students of its own in one course that has fewer seats than there are students. The apps are of one log.
async fn enrol_at_once<S: EventStore + 'static>(apps: &[App<S>]) {
    const CAPACITY: u32 = 20;
    let app = &apps[0];
    app.execute(define("maths", CAPACITY)).await.unwrap();
    let barrier = Arc::new(Barrier::new(TASKS));
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let (app, barrier) = (apps[task % apps.len()].clone(), Arc::clone(&barrier));
            tokio::spawn(async move {
                barrier.wait().await;
                let mut enrolled = 0;
                for n in 0..4 {
                    match app.execute(enrol("maths", &format!("{task}-{n}"))).await {
                        Ok(executed) => {
                            enrolled += 1;
                            assert!(executed.state.0.taken <= CAPACITY);
                        }
                        Err(error) => assert_eq!(error.domain(), Some(&CampusError::CourseFull), "{error}"),
                    }
                }
                enrolled
            })
        })
        .collect();
    let mut enrolled = 0;
    for task in tasks {
        enrolled += task.await.unwrap();
    }
    assert_eq!(enrolled, CAPACITY);
    assert_eq!(app.load::<Seats>("maths").await.unwrap().taken, CAPACITY);
    let log = log(app.store()).await.unwrap();
    assert_eq!(names(&log).iter().filter(|name| **name == "StudentEnrolled").count(), CAPACITY as usize);
}

/// Every task sends money around three accounts; none appears and none is lost. The apps are of one log.
async fn transfer_at_once<S: EventStore + 'static>(apps: &[App<S>]) {
    const ACCOUNTS: [&str; 3] = ["a", "b", "c"];
    let app = &apps[0];
    for account in ACCOUNTS {
        app.execute(open_account(account, account)).await.unwrap();
        app.execute(deposit(account, 1_000)).await.unwrap();
    }
    let barrier = Arc::new(Barrier::new(TASKS));
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let (app, barrier) = (apps[task % apps.len()].clone(), Arc::clone(&barrier));
            tokio::spawn(async move {
                barrier.wait().await;
                for n in 0..6 {
                    let (from, to) = (ACCOUNTS[(task + n) % 3], ACCOUNTS[(task + 2 * n + 1) % 3]);
                    let cents = (1 + task * 7 + n) as u64;
                    app.execute(send(from, to, cents)).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let (mut cents, mut versions) = (0, 0);
    for account in ACCOUNTS {
        let loaded = app.load::<Account>(account).await.unwrap();
        cents += loaded.cents;
        versions += loaded.version;
    }
    assert_eq!(cents, 3_000);
    assert_eq!(versions, (6 + TASKS * 6 * 2) as u64);
    let log = log(app.store()).await.unwrap();
    assert_eq!(log.len() as u64, versions);
    for (event, position) in log.iter().zip(1..) {
        assert_eq!(event.position.get(), position);
    }
}

/// Two programs on one log that cache states, and one that does not.
fn programs<S: EventStore>(meetings: &Meetings, store: S) -> Vec<App<Meeting<Arc<S>>>> {
    let store = Arc::new(store);
    let app = || meetings.app(Arc::clone(&store));
    vec![
        app().with_state_cache::<Account>(100).with_state_cache::<Seats>(100),
        app(),
        app().with_state_cache::<Account>(2),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_single_writer_meets_no_conflict() {
    let meetings = Meetings::default();
    enrol_at_once(&[meetings.app(MemoryStore::new()).with_single_writer()]).await;
    transfer_at_once(&[meetings.app(MemoryStore::new()).with_single_writer()]).await;
    assert_eq!(meetings.conflicts.load(Ordering::Relaxed), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn memory_never_exceeds_the_capacity() {
    let meetings = Meetings::default();
    for _ in 0..20 {
        enrol_at_once(&[meetings.app(MemoryStore::new())]).await;
    }
    meetings.took_place();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn memory_neither_makes_nor_loses_money() {
    let meetings = Meetings::default();
    for _ in 0..10 {
        transfer_at_once(&[meetings.app(MemoryStore::new())]).await;
    }
    meetings.took_place();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn programs_that_cache_states_never_exceed_the_capacity() {
    let meetings = Meetings::default();
    for _ in 0..20 {
        enrol_at_once(&programs(&meetings, MemoryStore::new())).await;
    }
    meetings.took_place();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn programs_that_cache_states_neither_make_nor_lose_money() {
    let meetings = Meetings::default();
    for _ in 0..10 {
        transfer_at_once(&programs(&meetings, MemoryStore::new())).await;
    }
    meetings.took_place();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn sqlite_never_exceeds_the_capacity() {
    let (file, meetings) = (File::new(), Meetings::default());
    let store = SqliteStore::open(&file.0).await.unwrap();
    enrol_at_once(&programs(&meetings, store.clone())).await;
    store.close().await;
    meetings.took_place();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn sqlite_neither_makes_nor_loses_money() {
    let (file, meetings) = (File::new(), Meetings::default());
    let store = SqliteStore::open(&file.0).await.unwrap();
    transfer_at_once(&programs(&meetings, store.clone())).await;
    store.close().await;
    meetings.took_place();
}

/// Programs on one log: with and without cached states, some of which go all the time.
fn shops<S: EventStore>(meetings: &Meetings, store: S) -> Vec<App<Meeting<Arc<S>>>> {
    let store = Arc::new(store);
    let app = || meetings.app(Arc::clone(&store));
    vec![app(), app().with_state_cache::<Stock>(100), app().with_state_cache::<Stock>(3).with_state_cache::<Order>(9)]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn memory_never_oversells() {
    let meetings = Meetings::default();
    for _ in 0..5 {
        race_orders(&[meetings.app(MemoryStore::new())]).await;
        race_orders(&shops(&meetings, MemoryStore::new())).await;
        race_orders(&[meetings.app(MemoryStore::new()).with_single_writer()]).await;
    }
    meetings.took_place();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn sqlite_never_oversells() {
    let meetings = Meetings::default();
    for caches in [false, true] {
        let file = File::new();
        let store = SqliteStore::open(&file.0).await.unwrap();
        let programs =
            if caches { shops(&meetings, store.clone()) } else { vec![meetings.app(Arc::new(store.clone()))] };
        race_orders(&programs).await;
        store.close().await;
    }
    meetings.took_place();
}
