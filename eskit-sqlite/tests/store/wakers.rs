//! Callers whose wakers panic: nobody else hangs.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use crate::support::*;
use eskit_runtime::EventStore;
use eskit_runtime::log::{Position, Query, ReadOptions};
use eskit_sqlite::SqliteStore;

/// Counts how often it was woken, and panics each time.
#[derive(Default)]
struct Panics(AtomicUsize);

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
        panic!("a waker that panics");
    }
}

/// Polls a future once with a waker that panics, and waits until it has. One that is answered at once is made anew.
async fn poll_and_panic<F: Future>(future: impl Fn() -> F) {
    let panics = Arc::new(Panics::default());
    let waker = Waker::from(Arc::clone(&panics));
    loop {
        // Or tokio, which lets a task do so much at once, takes the waker to call it itself.
        tokio::task::yield_now().await;
        let mut future = pin!(future());
        if future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
            while panics.0.load(Ordering::SeqCst) == 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            return;
        }
    }
}

async fn in_time<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), future).await.expect("a call hangs")
}

#[tokio::test]
async fn a_waker_that_panics_ends_no_thread() {
    let folder = Folder::new("wakers");
    let store = SqliteStore::options().readers(1).open(folder.file("log.db")).await.unwrap();
    for _ in 0..3 {
        in_time(poll_and_panic(|| store.append(one(plain("e"))))).await;
        let all = Query::all();
        in_time(poll_and_panic(|| store.read(&all, ReadOptions::default()))).await;
        in_time(poll_and_panic(|| store.head())).await;
        let appended = in_time(store.append(one(plain("e")))).await.unwrap();
        assert_eq!(in_time(everything(&store)).await.len() as u64, appended.last().get());
    }
    in_time(store.close()).await;
}

#[tokio::test]
async fn a_waker_that_panics_keeps_nobody_else_from_watching() {
    let folder = Folder::new("watchers");
    let store = SqliteStore::open(folder.file("log.db")).await.unwrap();
    let watch = |after| {
        let store = store.clone();
        async move { store.watch(Position::new(after).into()).await }
    };
    let waiting: Vec<_> = (0..4).map(|_| tokio::spawn(watch(0))).collect();
    let (append, ()) = tokio::join!(
        async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            in_time(store.append(one(plain("e")))).await
        },
        in_time(poll_and_panic(|| watch(0))),
    );
    assert_eq!(append.unwrap().last(), Position::new(1));
    for task in waiting {
        assert_eq!(in_time(task).await.unwrap().unwrap().position, Position::new(1));
    }
    // And as the store closes.
    let waiting: Vec<_> = (0..4).map(|_| tokio::spawn(watch(1))).collect();
    let close = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        in_time(store.close()).await;
    };
    tokio::join!(close, in_time(poll_and_panic(|| watch(1))));
    for task in waiting {
        assert!(in_time(task).await.unwrap().is_err());
    }
}

/// One place in the queue, and a writer that waits for another process.
#[tokio::test]
async fn a_waker_that_panics_takes_no_place_in_the_queue_along() {
    let folder = Folder::new("places");
    let file = folder.file("log.db");
    let store = SqliteStore::options().queue_len(1).open(&file).await.unwrap();
    let other = rusqlite::Connection::open(&file).unwrap();
    for round in 1..=3 {
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let append = || {
            let store = store.clone();
            tokio::spawn(async move { store.append(one(plain("e"))).await })
        };
        let taken = [append(), append()];
        tokio::time::sleep(Duration::from_millis(20)).await;
        let release = async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            other.execute_batch("ROLLBACK").unwrap();
        };
        tokio::join!(release, in_time(poll_and_panic(|| store.append(one(plain("given up"))))));
        for task in taken {
            in_time(task).await.unwrap().unwrap();
        }
        assert_eq!(in_time(everything(&store)).await.len(), 2 * round);
    }
}
