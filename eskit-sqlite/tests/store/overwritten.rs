//! A log's file that is copied over, by an operator who restores a backup under a running program.

use std::path::{Path, PathBuf};

use crate::support::*;
use eskit_runtime::EventStore;
use eskit_runtime::log::{AppendError, Query, ReadOptions, StoreErrorKind};
use eskit_sqlite::SqliteStore;

fn beside(file: &Path, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}{suffix}", file.display()))
}

async fn append(store: &SqliteStore, events: usize) {
    for _ in 0..events {
        store.append(one(on(stream("a"), "e"))).await.unwrap();
    }
}

fn is_overwritten(error: &eskit_runtime::StoreError) -> bool {
    error.kind() == StoreErrorKind::Corrupt && error.to_string().contains("another file was copied over `")
}

/// What is refused from then on, and that nothing is written to what was copied there.
async fn assert_refused(store: SqliteStore, file: &Path) {
    let restored = std::fs::read(file).unwrap();
    match store.append(one(on(stream("a"), "e"))).await.unwrap_err() {
        AppendError::Store(error) | AppendError::UnknownOutcome(error) => assert!(is_overwritten(&error), "{error}"),
        error => panic!("{error}"),
    }
    match store.append(one(on(stream("a"), "e"))).await.unwrap_err() {
        AppendError::Store(error) => assert_eq!(error.kind(), StoreErrorKind::FailedClosed, "{error}"),
        error => panic!("{error}"),
    }
    let error = store.read(&Query::all(), ReadOptions::default()).await.unwrap_err();
    assert!(is_overwritten(&error), "{error}");
    store.close().await;
    assert!(std::fs::read(file).unwrap() == restored, "the store wrote to the restored file as it closed");
}

async fn assert_restored(file: &Path, events: usize) {
    let error = SqliteStore::open(file).await.unwrap_err();
    assert!(is_overwritten(&error), "{error}");
    let error = SqliteStore::options().read_only(true).open(file).await.unwrap_err();
    assert!(is_overwritten(&error), "{error}");
    for suffix in ["-wal", "-shm"] {
        std::fs::remove_file(beside(file, suffix)).unwrap();
    }
    let store = SqliteStore::open(file).await.unwrap();
    assert_eq!(everything(&store).await.len(), events);
    append(&store, 3).await;
    store.close().await;
    let store = SqliteStore::open(file).await.unwrap();
    assert_eq!(everything(&store).await.len(), events + 3);
}

/// A copy of the file of a log that is closed.
#[tokio::test]
async fn a_file_that_is_copied_over_takes_no_appends() {
    let folder = Folder::new("overwritten");
    let (file, copy) = (folder.file("log.db"), folder.file("copy.db"));
    let store = SqliteStore::open(&file).await.unwrap();
    append(&store, 10).await;
    store.close().await;
    std::fs::copy(&file, &copy).unwrap();
    let store = SqliteStore::open(&file).await.unwrap();
    append(&store, 5).await;
    store.close().await;

    let store = SqliteStore::open(&file).await.unwrap();
    append(&store, 5).await;
    everything(&store).await;
    // As `cp` does.
    let bytes = std::fs::read(&copy).unwrap();
    std::fs::write(&file, bytes).unwrap();
    assert_refused(store, &file).await;
    assert_restored(&file, 10).await;
}

/// A backup that is newer than the last checkpoint: the file itself held less.
#[tokio::test]
async fn a_backup_that_is_copied_over_its_log_takes_no_appends() {
    let folder = Folder::new("overwritten-backup");
    let (file, copy) = (folder.file("log.db"), folder.file("copy.db"));
    let store = SqliteStore::open(&file).await.unwrap();
    append(&store, 10).await;
    store.backup(&copy).await.unwrap();
    append(&store, 5).await;
    std::fs::write(&file, std::fs::read(&copy).unwrap()).unwrap();
    assert_refused(store, &file).await;
    assert_restored(&file, 10).await;
}

/// Nobody appends or reads between the copying and the end of the program.
#[tokio::test]
async fn closing_writes_nothing_to_a_file_that_was_copied_over() {
    let folder = Folder::new("overwritten-idle");
    let (file, copy) = (folder.file("log.db"), folder.file("copy.db"));
    let store = SqliteStore::open(&file).await.unwrap();
    append(&store, 10).await;
    store.backup(&copy).await.unwrap();
    append(&store, 5).await;
    let restored = std::fs::read(&copy).unwrap();
    std::fs::write(&file, &restored).unwrap();
    store.close().await;
    assert!(std::fs::read(&file).unwrap() == restored, "the store wrote to the restored file as it closed");
    assert_restored(&file, 10).await;
}

/// The copying is over while a checkpoint writes to the file, which then is new in part.
#[tokio::test]
async fn a_checkpoint_over_a_copied_file_is_noticed_after_it() {
    let folder = Folder::new("overwritten-checkpoint");
    let (file, copy) = (folder.file("log.db"), folder.file("copy.db"));
    let checkpoint = || {
        let other = rusqlite::Connection::open(&file).unwrap();
        other.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())).unwrap();
    };
    let store = SqliteStore::open(&file).await.unwrap();
    append(&store, 10).await;
    checkpoint();
    std::fs::write(&copy, std::fs::read(&file).unwrap()).unwrap();
    for _ in 0..3 {
        append(&store, 5).await;
        checkpoint();
    }
    append(&store, 5).await;
    std::fs::write(&file, std::fs::read(&copy).unwrap()).unwrap();
    checkpoint();
    let AppendError::Store(error) = store.append(one(plain("e"))).await.unwrap_err() else { panic!("not refused") };
    assert!(is_overwritten(&error), "{error}");
}

/// Checkpoints of others, and what people do to the file through SQLite, are no reason to refuse.
#[tokio::test]
async fn what_others_write_through_sqlite_is_no_copy() {
    let folder = Folder::new("checkpoints");
    let file = folder.file("log.db");
    let stores = [SqliteStore::open(&file).await.unwrap(), SqliteStore::open(&file).await.unwrap()];
    let mut events = 0;
    for (round, sql) in [
        "PRAGMA wal_checkpoint(PASSIVE)",
        "PRAGMA wal_checkpoint(TRUNCATE)",
        "ANALYZE",
        "PRAGMA wal_checkpoint(RESTART)",
        "VACUUM",
        "PRAGMA wal_checkpoint(FULL)",
    ]
    .into_iter()
    .cycle()
    .take(24)
    .enumerate()
    {
        append(&stores[round % 2], 2).await;
        append(&stores[(round / 2) % 2], 1).await;
        events += 3;
        let other = rusqlite::Connection::open(&file).unwrap();
        other.execute_batch(sql).unwrap();
        for store in &stores {
            assert_eq!(everything(store).await.len(), events, "{sql}");
        }
    }
    // And the times of the file alone.
    std::fs::File::options().write(true).open(&file).unwrap().set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    append(&stores[0], 1).await;
}

/// SQLite restores a backup as a transaction: what is read then is the backup, and appends go on from there.
#[tokio::test]
async fn a_backup_that_is_restored_through_sqlite_is_no_copy() {
    let folder = Folder::new("restored");
    let (file, copy) = (folder.file("log.db"), folder.file("copy.db"));
    let store = SqliteStore::open(&file).await.unwrap();
    append(&store, 3).await;
    store.backup(&copy).await.unwrap();
    for events in 4..8 {
        append(&store, 2).await;
        everything(&store).await;
        let from = rusqlite::Connection::open(&copy).unwrap();
        let mut to = rusqlite::Connection::open(&file).unwrap();
        let pause = std::time::Duration::from_millis(1);
        rusqlite::backup::Backup::new(&from, &mut to).unwrap().run_to_completion(i32::MAX, pause, None).unwrap();
        let third = SqliteStore::open(&file).await.unwrap();
        assert_eq!(everything(&third).await.len(), 3);
        append(&third, 1).await;
        append(&store, 1).await;
        if events % 2 == 0 {
            to.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())).unwrap();
        }
        append(&store, 1).await;
        assert_eq!(everything(&store).await.len(), 6);
    }
}

/// Two writers see the same checkpoint; only one of them counts on.
#[tokio::test]
async fn two_writers_count_one_checkpoint_once() {
    let folder = Folder::new("counted-once");
    let file = folder.file("log.db");
    let (left, right) = (SqliteStore::open(&file).await.unwrap(), SqliteStore::open(&file).await.unwrap());
    for (first, second) in [(&left, &right), (&right, &left), (&left, &right)] {
        let large = || plain("large").with_payload(vec![b'x'; 9_000_000]);
        // Its commit copies the write-ahead log into the file.
        first.append(eskit_runtime::log::Append::new(vec![large(), large()])).await.unwrap();
        for store in [second, first, second, first] {
            append(store, 1).await;
            let third = SqliteStore::options().readers(1).open(&file).await.unwrap();
            third.read(&Query::all(), ReadOptions::default().backward().limit(1)).await.unwrap();
        }
    }
}

/// Many appends, with checkpoints of SQLite's own in between.
#[tokio::test]
async fn own_checkpoints_are_no_copy() {
    let folder = Folder::new("own-checkpoints");
    let file = folder.file("log.db");
    let store = SqliteStore::options().settle_after(50).open(&file).await.unwrap();
    let before = std::fs::metadata(&file).unwrap().len();
    for _ in 0..40 {
        let event = || on(stream("a"), "e").with_payload(vec![b'x'; 100_000]);
        store.append(eskit_runtime::log::Append::new((0..10).map(|_| event()).collect())).await.unwrap();
    }
    assert!(std::fs::metadata(&file).unwrap().len() > before + 20_000_000, "no checkpoint took place");
    assert_eq!(everything(&store).await.len(), 400);
}
