//! Many tasks, several stores, and several processes on one log.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::*;
use eskit_runtime::EventStore;
use eskit_runtime::log::{AppendError, Place, Position, Query, ReadOptions, StreamChange};
use eskit_sqlite::SqliteStore;

/// Each reads the stream's version and appends behind it: every event lands on a version of its own.
async fn count_up(store: &SqliteStore, events: usize) {
    let query = Query::stream(stream("counter"));
    for _ in 0..events {
        loop {
            let page = store.read(&query, ReadOptions::default().backward().limit(1)).await.unwrap();
            let version = page.events.first().map_or(0, |event| event.stream.as_ref().unwrap().version);
            let append = one(on(stream("counter"), "up")).with(at_version(stream("counter"), version));
            match store.append(append).await {
                Ok(appended) => {
                    assert_eq!(appended.versions, [Some(version + 1)]);
                    break;
                }
                Err(AppendError::Conflict(_)) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
}

async fn assert_counted(store: &SqliteStore, events: u64) {
    let log = everything(store).await;
    assert_eq!(numbers(&log), (1..=events).collect::<Vec<_>>());
    let versions: Vec<u64> = log.iter().map(|event| event.stream.as_ref().unwrap().version).collect();
    assert_eq!(versions, (1..=events).collect::<Vec<_>>());
}

/// Each writer remembers what it knows of the log, but only for as long as nobody else writes.
#[tokio::test]
async fn a_writer_heeds_what_others_wrote() {
    let folder = Folder::new("heed");
    let left = SqliteStore::open(folder.file("log.db")).await.unwrap();
    let right = SqliteStore::open(folder.file("log.db")).await.unwrap();
    let a = || stream("a");
    let mut first = None;
    for (version, store) in (0..6).zip([&left, &right, &right, &left, &left, &right]) {
        let append = one(on(a(), "e")).with(at_version(a(), version));
        first.get_or_insert_with(|| append.clone());
        let appended = store.append(append).await.unwrap();
        assert_eq!((appended.last(), appended.versions), (Position::new(version + 1), vec![Some(version + 1)]));
    }
    for store in [&left, &right] {
        assert!(store.append(first.clone().unwrap()).await.unwrap().repeated, "an id that was written elsewhere");
    }
    left.change_stream(&a(), StreamChange::Archive).await.unwrap();
    let refused = right.append(one(on(a(), "e"))).await;
    assert!(matches!(refused, Err(AppendError::StreamClosed(_))), "{refused:?}");
    right.change_stream(&a(), StreamChange::Restore).await.unwrap();
    assert_eq!(left.append(one(on(a(), "e"))).await.unwrap().versions, [Some(7)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_stores_share_a_file() {
    let folder = Folder::new("two");
    let left = SqliteStore::open(folder.file("log.db")).await.unwrap();
    let right = SqliteStore::open(folder.file("log.db")).await.unwrap();
    let tasks: Vec<_> = [&left, &right, &left, &right]
        .map(|store| {
            let store = store.clone();
            tokio::spawn(async move { count_up(&store, 50).await })
        })
        .into();
    for task in tasks {
        task.await.unwrap();
    }
    assert_counted(&left, 200).await;
    assert_eq!(right.head().await.unwrap().position, Position::new(200));
}

const CHILD_FILE: &str = "ESKIT_SQLITE_TEST_CHILD";

#[tokio::test]
#[ignore = "runs as a child of `two_processes_share_a_file`"]
async fn child_counts_up() {
    let file = std::env::var_os(CHILD_FILE).unwrap();
    count_up(&SqliteStore::open(file).await.unwrap(), 100).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_share_a_file() {
    let folder = Folder::new("processes");
    let file = folder.file("log.db");
    let store = SqliteStore::open(&file).await.unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "sharing::child_counts_up", "--ignored"])
        .env(CHILD_FILE, &file)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    // Nobody appends here yet: the first event must be the child's.
    let head = tokio::time::timeout(Duration::from_secs(20), store.watch(Place::START)).await.unwrap().unwrap();
    assert!(head != Place::START);
    count_up(&store, 100).await;
    assert!(child.wait().unwrap().success());
    assert_counted(&store, 200).await;
}

#[tokio::test]
#[ignore = "runs as a child of `a_program_that_copies_its_own_file_confirms_nothing_that_is_lost`"]
async fn child_appends_once() {
    let store = SqliteStore::open(std::env::var_os(CHILD_FILE).unwrap()).await.unwrap();
    store.append(one(plain("child"))).await.unwrap();
    store.close().await;
}

/// To close the copied files drops the locks of this process, so the child takes itself for the last and removes the write-ahead
/// log.
#[cfg(unix)]
#[tokio::test]
async fn a_program_that_copies_its_own_file_confirms_nothing_that_is_lost() {
    let folder = Folder::new("own-copy");
    let file = folder.file("log.db");
    let store = SqliteStore::open(&file).await.unwrap();
    store.append(one(plain("e"))).await.unwrap();
    for suffix in ["", "-wal", "-shm"] {
        std::fs::copy(format!("{}{suffix}", file.display()), folder.file(&format!("copy.db{suffix}"))).unwrap();
    }
    store.append(one(plain("e"))).await.unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "sharing::child_appends_once", "--ignored"])
        .env(CHILD_FILE, &file)
        .stdout(Stdio::null())
        .status();
    assert!(child.unwrap().success());
    let error = store.append(one(plain("e"))).await.unwrap_err();
    assert!(error.to_string().contains("removed or replaced"), "{error}");
    store.close().await;
    let again = SqliteStore::open(&file).await.unwrap();
    assert_eq!(numbers(&everything(&again).await), [1, 2, 3], "two of this process, one of the child");
}

#[tokio::test]
async fn appends_of_this_store_are_seen_without_polling() {
    let folder = Folder::new("own");
    let rarely = Duration::from_secs(3600);
    let store = SqliteStore::options().poll_interval(rarely).open(folder.file("log.db")).await.unwrap();
    for round in 1..=20 {
        let watching = store.watch(Position::new(round - 1).into());
        let (head, _) = tokio::join!(tokio::time::timeout(Duration::from_secs(20), watching), async {
            // The poller has looked, found nothing, and sleeps.
            tokio::time::sleep(Duration::from_millis(2)).await;
            store.append(one(plain("e"))).await.unwrap()
        });
        assert_eq!(head.unwrap().unwrap().position, Position::new(round));
    }
}

/// A reader that follows the log meets every position once and in order, while many write.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_follower_misses_and_repeats_nothing() {
    const WRITERS: u64 = 32;
    const EVENTS: u64 = 3200;
    let folder = Folder::new("follow");
    let store = SqliteStore::open(folder.file("log.db")).await.unwrap();
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                for number in 0..EVENTS / WRITERS {
                    let tag = ((writer + number) % WRITERS).to_string();
                    store.append(one(tagged("e", &[("writer", &tag)]))).await.unwrap();
                }
            })
        })
        .collect();
    // One item for each tag, so that a page takes many statements while the log grows.
    let query = (0..WRITERS).fold(Query::default(), |query, tag| query.or(with_tag("writer", &tag.to_string())));
    let mut next = 1;
    while next <= EVENTS {
        let options = ReadOptions::default().after(Position::new(next - 1)).limit(50);
        for event in store.read(&query, options).await.unwrap().events {
            assert_eq!(event.position.get(), next);
            next += 1;
        }
        if next <= EVENTS {
            store.watch(Position::new(next - 1).into()).await.unwrap();
        }
    }
    for writer in writers {
        writer.await.unwrap();
    }
}

/// No runtime at all: a waker that unparks a thread is enough.
#[test]
fn any_executor_will_do() {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.unpark();
        }
    }
    fn block_on<F: Future>(future: F) -> F::Output {
        let waker = std::sync::Arc::new(Unpark(std::thread::current())).into();
        let mut future = std::pin::pin!(future);
        loop {
            match future.as_mut().poll(&mut std::task::Context::from_waker(&waker)) {
                std::task::Poll::Ready(output) => return output,
                std::task::Poll::Pending => std::thread::park(),
            }
        }
    }
    let folder = Folder::new("executor");
    block_on(async {
        let store = SqliteStore::options().queue_len(1).open(folder.file("log.db")).await.unwrap();
        for number in 1..=10 {
            assert_eq!(store.append(one(plain("e"))).await.unwrap().last().get(), number);
        }
        assert_eq!(store.watch(Place::START).await.unwrap().position, Position::new(10));
        assert_eq!(everything(&store).await.len(), 10);
        store.close().await;
    });
}

/// More callers than places in the queue: they wait, and none is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_makes_callers_wait() {
    let folder = Folder::new("queue");
    let store = SqliteStore::options().queue_len(3).readers(1).open(folder.file("log.db")).await.unwrap();
    let tasks: Vec<_> = (0..100)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                store.append(one(plain("e"))).await.unwrap();
                store.read(&Query::all(), ReadOptions::default()).await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(store.head().await.unwrap().position, Position::new(100));
}
