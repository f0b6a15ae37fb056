//! A log that is in use is moved, and nothing that was confirmed is left behind.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail their test")]

mod support;

use eskit::log::{AddedTags, Append, AppendError, EventId, Position, StoreErrorKind, StreamChange, StreamId, Tags};
use eskit::transfer::Transfer;
use eskit::{EventStore, MemoryStore, sqlite::SqliteStore};
use eskit_postgres::{PostgresStore, testing};
use eskit_transfer::{Difference, TransferError, cut_over, migrate};
use futures_util::FutureExt as _;
use support::{Folder, assert_equal, event, fill, stream, varied};

/// Appends until the log is sealed. Returns the ids that were confirmed.
async fn write_until_sealed(store: impl EventStore, writer: usize) -> Vec<EventId> {
    let mut confirmed = Vec::new();
    for number in 0.. {
        let stream = Some(StreamId::new("writer", writer.to_string()));
        let append = Append::new(vec![event(number).with_stream(stream)]);
        let id = append.events[0].id;
        match store.append(append).await {
            Ok(_) => confirmed.push(id),
            Err(AppendError::Store(error)) if error.kind() == StoreErrorKind::Sealed => break,
            Err(error) => panic!("{error}"),
        }
        tokio::task::yield_now().await;
    }
    confirmed
}

/// Moves a log that four tasks write to.
async fn moved_in_use(from: impl Transfer + Clone + 'static, to: &impl Transfer) {
    varied(&from).await;
    let writers: Vec<_> = (1..=4).map(|writer| tokio::spawn(write_until_sealed(from.clone(), writer))).collect();
    while from.head().await.unwrap().position < Position::new(200) {
        assert!(writers.iter().all(|writer| !writer.is_finished()), "a writer failed");
        tokio::task::yield_now().await;
    }
    let moved = cut_over(&from, to).await.unwrap();
    assert_eq!(moved.difference, None);
    let mut confirmed = 0;
    for writer in writers {
        for id in writer.await.unwrap() {
            confirmed += 1;
            let query = eskit::log::QueryItem::ids([id]).into();
            assert_eq!(to.read(&query, Default::default()).await.unwrap().events.len(), 1, "{id} is missing");
        }
    }
    assert!(confirmed > 90, "{confirmed}");
    assert_equal(&from, to).await;
    assert_eq!((moved.head, moved.events), (to.head().await.unwrap(), 101 + confirmed));
    assert_eq!((moved.sealed_at, to.sealed_at().await.unwrap()), (from.sealed_at().await.unwrap(), None));
    to.append(Append::new(vec![event(7)])).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_confirmed_is_in_the_copy() {
    let folder = Folder::new();
    moved_in_use(MemoryStore::new(), &MemoryStore::new()).await;
    let sqlite = SqliteStore::open(folder.path("from.db")).await.unwrap();
    moved_in_use(sqlite, &SqliteStore::open(folder.path("to.db")).await.unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_confirmed_is_in_the_copy_on_postgres() {
    let Some(database) = testing::database().await.unwrap() else { return };
    let open = |schema: &'static str| PostgresStore::options().schema(schema).migrate(true).connect(database.dsn());
    moved_in_use(open("first").await.unwrap(), &open("second").await.unwrap()).await;
}

#[tokio::test]
async fn streams_that_change_meanwhile_are_copied_again() {
    let (from, to) = (MemoryStore::new(), MemoryStore::new());
    fill(&from, 0..100).await;
    let mut to_delete = Some(stream(3));
    let moving = cut_over(&from, &to).on_progress(|_| {
        if let Some(stream) = to_delete.take() {
            from.change_stream(&stream, StreamChange::delete("asked for")).now_or_never().unwrap().unwrap();
        }
    });
    let moved = moving.await.unwrap();
    assert_eq!(moved.difference, None);
    assert_equal(&from, &to).await;
}

#[tokio::test]
async fn a_copy_that_differs_leaves_the_log_open() {
    let (from, to) = (MemoryStore::new(), MemoryStore::new());
    fill(&from, 0..20).await;
    migrate(&from, &to).await.unwrap();
    let first = to.read(&eskit::log::Query::all(), Default::default()).await.unwrap().events.remove(0);
    let tags = Tags::from_iter([eskit::log::Tag::new("only", "here")]);
    to.add_tags(vec![AddedTags { position: first.position, id: first.id, tags }]).await.unwrap();
    let moved = cut_over(&from, &to).await.unwrap();
    let differs = Difference::Event { position: first.position, what: "tags" };
    assert_eq!((moved.difference, moved.sealed_at), (Some(differs), None));
    from.append(Append::new(vec![event(1)])).await.unwrap();
}

#[tokio::test]
async fn tags_that_came_meanwhile_are_found_by_comparing_all() {
    for compares_all in [false, true] {
        let (from, to) = (MemoryStore::new(), MemoryStore::new());
        fill(&from, 0..20).await;
        let first = from.read(&eskit::log::Query::all(), Default::default()).await.unwrap().events.remove(0);
        let tags = Tags::from_iter([eskit::log::Tag::new("only", "here")]);
        let added = AddedTags { position: first.position, id: first.id, tags };
        let mut calls = 0;
        // The second call is that after the first comparison.
        let moving = cut_over(&from, &to).on_progress(|_| {
            calls += 1;
            if calls == 2 {
                from.add_tags(vec![added.clone()]).now_or_never().unwrap().unwrap();
            }
        });
        let moved = if compares_all { moving.compare_all().await } else { moving.await }.unwrap();
        assert_eq!((moved.difference.is_some(), moved.sealed_at.is_some()), (compares_all, true));
    }
}

#[tokio::test]
async fn a_log_is_not_moved_into_itself_or_into_a_sealed_one() {
    let store = MemoryStore::new();
    fill(&store, 0..20).await;
    let refused = cut_over(&store, &store.clone()).await.unwrap_err();
    assert!(matches!(refused, TransferError::SameStore), "{refused}");
    assert_eq!(store.sealed_at().await.unwrap(), None);
    let sealed = MemoryStore::new();
    sealed.seal().await.unwrap();
    let refused = cut_over(&store, &sealed).await.unwrap_err();
    assert!(matches!(&refused, TransferError::Target(error) if error.kind() == StoreErrorKind::Sealed), "{refused}");
    assert_eq!(store.sealed_at().await.unwrap(), None);
}

#[tokio::test]
async fn a_run_on_a_sealed_log_goes_on() {
    let (from, to) = (MemoryStore::new(), MemoryStore::new());
    fill(&from, 0..20).await;
    migrate(&from, &to).await.unwrap();
    fill(&from, 20..30).await;
    let since = from.seal().await.map(|_| from.sealed_at().now_or_never().unwrap().unwrap()).unwrap();
    let moved = cut_over(&from, &to).await.unwrap();
    assert_eq!((moved.events, moved.events_while_sealed, moved.sealed_at), (10, 10, since));
    assert_equal(&from, &to).await;
}
