//! A log is copied into another store, whatever becomes of it meanwhile.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail their test")]

mod support;

use std::sync::atomic::{AtomicBool, Ordering};

use eskit::MemoryStore;
use eskit::log::{Append, NewEvent, Place, StreamChange};
use eskit::transfer::{LoadError, RecordError};
use eskit::{EventStore, sqlite::SqliteStore};
use eskit_postgres::{PostgresStore, testing};
use eskit_transfer::{Difference, TransferError, migrate, verify};
use support::{Folder, assert_equal, event, fill, stream, varied};

#[tokio::test]
async fn a_log_goes_from_store_to_store_and_stays_the_same() {
    let folder = Folder::new();
    let first = MemoryStore::new();
    varied(&first).await;
    let sqlite = SqliteStore::open(folder.path("log.db")).await.unwrap();
    let migrated = migrate(&first, &sqlite).await.unwrap();
    assert_eq!((migrated.events, migrated.streams), (101, 3));
    assert_eq!((migrated.head, migrated.log), (first.head().await.unwrap(), sqlite.log_id().await.unwrap()));
    assert_equal(&first, &sqlite).await;
    let again = migrate(&first, &sqlite).await.unwrap();
    assert_eq!((again.events, again.streams), (0, 0), "nothing is left to do");

    let Some(database) = testing::database().await.unwrap() else { return };
    let postgres = PostgresStore::options().migrate(true).connect(database.dsn()).await.unwrap();
    migrate(&sqlite, &postgres).await.unwrap();
    assert_equal(&first, &postgres).await;
    let last = MemoryStore::new();
    migrate(&postgres, &last).await.unwrap();
    assert_equal(&first, &last).await;
    // The store goes on under its new id.
    postgres.append(Append::new(vec![event(200)])).await.unwrap();
    assert_eq!(postgres.read(&eskit::log::Query::all(), Default::default()).await.unwrap().head.position.get(), 102);
}

#[tokio::test]
async fn a_run_brings_what_has_changed_since_the_one_before() {
    let (from, to) = (MemoryStore::new(), MemoryStore::new());
    varied(&from).await;
    migrate(&from, &to).await.unwrap();
    from.change_stream(&stream(1), StreamChange::Restore).await.unwrap();
    from.change_stream(&stream(2), StreamChange::delete("asked for")).await.unwrap();
    let [mut reopened, mut to_delete] = [event(301), event(302)];
    (reopened.stream, to_delete.stream) = (Some(stream(1)), Some(stream(4)));
    from.append(Append::new(vec![reopened, to_delete])).await.unwrap();
    from.change_stream(&stream(4), StreamChange::delete("asked for")).await.unwrap();
    let migrated = migrate(&from, &to).await.unwrap();
    assert_eq!((migrated.events, migrated.streams), (2, 3));
    assert_equal(&from, &to).await;
}

#[tokio::test]
async fn a_dry_run_writes_nothing_and_says_what_would_be_done() {
    let (from, to) = (MemoryStore::new(), MemoryStore::new());
    varied(&from).await;
    let planned = migrate(&from, &to).dry_run().await.unwrap();
    assert_eq!((to.head().await.unwrap(), planned.events, planned.streams), (Place::START, 101, 3));
    assert_eq!(migrate(&from, &to).await.unwrap(), planned);
}

#[tokio::test]
async fn a_store_that_holds_something_else_is_refused() {
    let (from, other) = (MemoryStore::new(), MemoryStore::new());
    fill(&from, 0..20).await;
    fill(&other, 0..1).await;
    let refused = migrate(&from, &other).await.unwrap_err();
    assert!(matches!(refused, TransferError::Load(LoadError::OtherLog { .. })), "{refused}");

    // The same log, to which something else was appended.
    let copy = MemoryStore::new();
    migrate(&from, &copy).await.unwrap();
    copy.append(Append::new(vec![NewEvent::json("shop.Other", "{}")])).await.unwrap();
    let ahead = migrate(&from, &copy).await.unwrap_err();
    assert!(matches!(ahead, TransferError::WentApart { .. }), "{ahead}");
    fill(&from, 20..30).await;
    let apart = migrate(&from, &copy).await.unwrap_err();
    assert!(matches!(apart, TransferError::WentApart { head } if head == copy.head().await.unwrap()), "{apart}");
    assert!(apart.to_string().contains("\nhelp: copy into an empty store"), "{apart}");
}

#[tokio::test]
async fn pages_end_where_appends_do() {
    let (from, to) = (MemoryStore::new(), MemoryStore::new());
    for number in 0..5 {
        let events = (0..3000).map(|part| event(number * 3000 + part)).collect();
        from.append(Append::new(events)).await.unwrap();
    }
    let mut told = Vec::new();
    migrate(&from, &to)
        .on_progress(|progress| told.push((progress.position.get(), progress.head.get())))
        .await
        .unwrap();
    assert_eq!(told, [(12_000, 15_000), (15_000, 15_000)]);
    assert_equal(&from, &to).await;
}

/// The copy of a log that programs write to is the log as it was at some moment; the next run brings the rest.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_may_be_written_to_meanwhile() {
    let folder = Folder::new();
    let (from, to) = (SqliteStore::open(folder.path("from.db")).await.unwrap(), MemoryStore::new());
    fill(&from, 0..2000).await;
    let ends = std::sync::Arc::new(AtomicBool::new(false));
    let writer = tokio::spawn({
        let (from, ends) = (from.clone(), ends.clone());
        async move {
            let mut number = 2000;
            while !ends.load(Ordering::Relaxed) {
                fill(&from, number..number + 20).await;
                let id = stream(number % 17);
                let change = if number % 40 == 0 { StreamChange::Archive } else { StreamChange::Restore };
                from.change_stream(&id, change).await.unwrap();
                from.change_stream(&id, StreamChange::Restore).await.unwrap();
                number += 20;
            }
        }
    });
    for _ in 0..5 {
        match migrate(&from, &to).await {
            Ok(_) | Err(TransferError::Restless) => {}
            Err(error) => panic!("{error}"),
        }
    }
    ends.store(true, Ordering::Relaxed);
    writer.await.unwrap();
    migrate(&from, &to).await.unwrap();
    assert_equal(&from, &to).await;
}

#[tokio::test]
async fn the_first_difference_is_named() {
    let from = MemoryStore::new();
    varied(&from).await;
    let copy = || async {
        let to = MemoryStore::new();
        migrate(&from, &to).await.unwrap();
        to
    };
    let to = copy().await;
    to.change_stream(&stream(5), StreamChange::Archive).await.unwrap();
    let found = verify(&from, &to).await.unwrap().difference.unwrap();
    assert!(matches!(&found, Difference::Stream { stream: of, .. } if *of == stream(5)), "{found}");
    let to = copy().await;
    fill(&to, 500..501).await;
    let found = verify(&from, &to).await.unwrap().difference.unwrap();
    assert_eq!(found.to_string(), "the first log has nothing at position 102");
    let to = copy().await;
    to.change_stream(&stream(6), StreamChange::delete("asked for")).await.unwrap();
    let found = verify(&from, &to).await.unwrap().difference.unwrap();
    assert_eq!(found.to_string(), "the events at position 7 differ: whether it was deleted");
    let found = verify(&from, &MemoryStore::new()).await.unwrap().difference.unwrap();
    assert!(matches!(found, Difference::LogId { .. }), "{found}");
}

#[tokio::test]
async fn a_stream_that_a_copy_has_deleted_stays_deleted() {
    let (from, to) = (MemoryStore::new(), MemoryStore::new());
    fill(&from, 0..50).await;
    migrate(&from, &to).await.unwrap();
    to.change_stream(&stream(6), StreamChange::delete("asked for")).await.unwrap();
    let refused = migrate(&from, &to).await.unwrap_err();
    let is_told = matches!(&refused, TransferError::Load(LoadError::Record(RecordError::StreamDeleted { .. })));
    assert!(is_told, "{refused}");
}
