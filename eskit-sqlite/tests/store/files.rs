//! Files: opening, closing, and everything that can be wrong with one.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::support::*;
use eskit_runtime::EventStore;
use eskit_runtime::log::{Append, AppendError, Place, Position, Query, ReadOptions, StoreErrorKind};
use eskit_sqlite::SqliteStore;
use rusqlite::Connection;

fn kind(result: Result<SqliteStore, eskit_runtime::StoreError>) -> (StoreErrorKind, String) {
    let error = result.unwrap_err();
    (error.kind(), error.to_string())
}

fn append_kind(error: AppendError) -> StoreErrorKind {
    match error {
        AppendError::Store(error) => error.kind(),
        other => panic!("expected a failure of the store, got {other:?}"),
    }
}

#[tokio::test]
async fn a_log_outlives_its_store() {
    let folder = Folder::new("reopen");
    let file = folder.file("log.db");
    let store = SqliteStore::open(&file).await.unwrap();
    store.append(one(on(stream("a"), "e"))).await.unwrap();
    drop(store);
    assert!(!folder.file("log.db-wal").exists(), "the last connection tidies the write-ahead log away");
    let store = SqliteStore::options().create(false).open(&file).await.unwrap();
    assert_eq!(store.append(one(on(stream("a"), "e"))).await.unwrap().versions, [Some(2)]);
    assert_eq!(numbers(&everything(&store).await), [1, 2]);
}

#[tokio::test]
async fn closing_finishes_what_was_taken_in_and_refuses_the_rest() {
    let folder = Folder::new("close");
    let store = SqliteStore::open(folder.file("log.db")).await.unwrap();
    let running: Vec<_> = (0..200)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.append(one(plain("e"))).await })
        })
        .collect();
    let watching = tokio::spawn({
        let store = store.clone();
        async move {
            let mut head = Place::START;
            loop {
                match store.watch(head).await {
                    Ok(beyond) => head = beyond,
                    Err(error) => return error,
                }
            }
        }
    });
    tokio::task::yield_now().await;
    store.close().await;
    let mut appended = 0;
    for task in running {
        match task.await.unwrap() {
            Ok(_) => appended += 1,
            Err(error) => assert_eq!(append_kind(error), StoreErrorKind::Closed),
        }
    }
    assert!(appended > 0);
    assert_eq!(watching.await.unwrap().kind(), StoreErrorKind::Closed);
    assert_eq!(append_kind(store.append(one(plain("e"))).await.unwrap_err()), StoreErrorKind::Closed);
    let read = store.read(&Query::all(), ReadOptions::default()).await;
    assert_eq!(read.unwrap_err().kind(), StoreErrorKind::Closed);
    assert_eq!(store.head().await.unwrap_err().kind(), StoreErrorKind::Closed);
    store.close().await;
    let again = SqliteStore::open(folder.file("log.db")).await.unwrap();
    assert_eq!(again.head().await.unwrap().position, Position::new(appended));
}

#[tokio::test]
async fn missing_files_and_folders_are_unavailable() {
    let folder = Folder::new("missing");
    let (found, text) = kind(SqliteStore::options().create(false).open(folder.file("log.db")).await);
    assert_eq!(found, StoreErrorKind::Unavailable);
    assert!(text.contains("log.db") && text.contains("create(true)"), "{text}");
    assert!(!folder.file("log.db").exists());
    let (found, text) = kind(SqliteStore::open(folder.file("no/such/log.db")).await);
    assert_eq!(found, StoreErrorKind::Unavailable, "{text}");
    assert_eq!(kind(SqliteStore::open(":memory:").await).0, StoreErrorKind::Invalid);
}

/// As a path ends that was read from a file or a variable.
#[tokio::test]
async fn a_line_break_at_the_end_of_a_path_opens_no_new_file() {
    let folder = Folder::new("untrimmed");
    for name in ["log.db\n", "log.db ", "log\t.db"] {
        let (found, text) = kind(SqliteStore::open(folder.file(name)).await);
        assert_eq!(found, StoreErrorKind::Invalid, "{text}");
        assert!(text.contains("help: trim the path"), "{text}");
        assert!(!folder.file(name).exists());
    }
}

#[tokio::test]
async fn a_read_only_store_reads_and_follows_but_does_not_write() {
    let folder = Folder::new("readonly");
    let file = folder.file("log.db");
    let writer = SqliteStore::open(&file).await.unwrap();
    writer.append(one(plain("e"))).await.unwrap();
    let reader = SqliteStore::options().read_only(true).open(&file).await.unwrap();
    assert_eq!(append_kind(reader.append(one(plain("e"))).await.unwrap_err()), StoreErrorKind::ReadOnly);
    let (head, appended) = tokio::join!(reader.watch(Position::new(1).into()), writer.append(one(plain("e"))));
    assert_eq!(head.unwrap().position, appended.unwrap().last());
    assert_eq!(numbers(&everything(&reader).await), [1, 2]);
    drop((reader, writer));
    let alone = SqliteStore::options().read_only(true).open(&file).await.unwrap();
    assert_eq!(numbers(&everything(&alone).await), [1, 2]);
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_without_write_permission_says_so() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new("permission");
    let file = folder.file("log.db");
    SqliteStore::open(&file).await.unwrap().close().await;
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o444)).unwrap();
    if std::fs::OpenOptions::new().write(true).open(&file).is_ok() {
        return; // The superuser may write to any file.
    }
    let (found, text) = kind(SqliteStore::open(&file).await);
    assert_eq!(found, StoreErrorKind::ReadOnly, "{text}");
    assert!(SqliteStore::options().read_only(true).open(&file).await.is_ok());
}

/// SQLite keeps an index beside the file for readers too.
#[cfg(unix)]
#[tokio::test]
async fn a_folder_without_write_permission_says_what_a_reader_needs() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new("folder-permission");
    let file = folder.file("log.db");
    SqliteStore::open(&file).await.unwrap().close().await;
    let set_mode = |mode| {
        std::fs::set_permissions(file.parent().unwrap(), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    set_mode(0o555);
    if std::fs::File::create(folder.file("probe")).is_ok() {
        return; // The superuser may write to any folder.
    }
    let (found, text) = kind(SqliteStore::options().read_only(true).open(&file).await);
    set_mode(0o755);
    assert!(matches!(found, StoreErrorKind::ReadOnly | StoreErrorKind::Unavailable), "{text}");
    assert!(text.contains("folder") && !text.contains("or open it with `read_only(true)`"), "{text}");
}

#[tokio::test]
async fn files_of_other_programs_are_left_alone() {
    let folder = Folder::new("foreign");
    let text_file = folder.file("notes.txt");
    std::fs::write(&text_file, "these are notes, and no database of any kind, however long they become").unwrap();
    let other = folder.file("other.db");
    Connection::open(&other).unwrap().execute_batch("CREATE TABLE notes (text TEXT)").unwrap();
    let marked = folder.file("marked.db");
    Connection::open(&marked).unwrap().execute_batch("PRAGMA application_id = 7; CREATE TABLE t (x)").unwrap();
    for file in [text_file, other, marked] {
        let before = std::fs::read(&file).unwrap();
        for options in [SqliteStore::options(), SqliteStore::options().read_only(true)] {
            let (found, text) = kind(options.open(&file).await);
            assert_eq!(found, StoreErrorKind::Foreign, "{text}");
            assert!(text.contains(file.to_str().unwrap()) && text.contains("another path"), "{text}");
        }
        assert_eq!(std::fs::read(&file).unwrap(), before);
    }
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_refused() {
    let folder = Folder::new("newer");
    let file = folder.file("log.db");
    SqliteStore::open(&file).await.unwrap().close().await;
    Connection::open(&file).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
    let (found, text) = kind(SqliteStore::open(&file).await);
    assert_eq!(found, StoreErrorKind::Foreign);
    assert!(text.contains("99") && text.contains("update the program"), "{text}");
}

/// Two openings of a file that does not exist yet race for its migration.
#[tokio::test]
async fn a_new_file_may_be_opened_many_times_at_once() {
    let folder = Folder::new("together");
    for round in 0..10 {
        let file = folder.file(&format!("{round}.db"));
        let opening: Vec<_> =
            (0..4).map(|_| tokio::spawn(SqliteStore::options().readers(1).open(file.clone()))).collect();
        for task in opening {
            let store = task.await.unwrap().unwrap();
            store.append(one(plain("e"))).await.unwrap();
        }
    }
}

/// Overwrites every page behind the first one.
fn damage(file: &std::path::Path) {
    let mut bytes = std::fs::read(file).unwrap();
    bytes[4096..].fill(0x5a);
    std::fs::write(file, bytes).unwrap();
}

#[tokio::test]
async fn a_damaged_file_is_corrupt_and_takes_no_appends() {
    let folder = Folder::new("corrupt");
    let file = folder.file("log.db");
    let store = SqliteStore::open(&file).await.unwrap();
    store.append(Append::new((0..2000).map(|_| on(stream("a"), "e")).collect())).await.unwrap();
    store.close().await;
    damage(&file);
    let error = match SqliteStore::open(&file).await {
        Err(error) => error,
        Ok(store) => store.read(&Query::all(), ReadOptions::default()).await.unwrap_err(),
    };
    assert_eq!(error.kind(), StoreErrorKind::Corrupt, "{error}");
    assert!(error.to_string().contains("restore a backup"), "{error}");
}

#[tokio::test]
async fn what_a_former_writer_left_in_the_write_ahead_log_is_brought_into_the_file() {
    let folder = Folder::new("left");
    let (first, second) = (folder.file("first.db"), folder.file("second.db"));
    let store = SqliteStore::open(&first).await.unwrap();
    store.append(Append::new(vec![plain("e"), plain("e")])).await.unwrap();
    let log_of = |file: &Path| PathBuf::from(format!("{}-wal", file.display()));
    // As a process leaves both files that is killed.
    std::fs::copy(&first, &second).unwrap();
    std::fs::copy(log_of(&first), log_of(&second)).unwrap();
    assert!(std::fs::metadata(log_of(&second)).unwrap().len() > 0);

    let store = SqliteStore::open(&second).await.unwrap();
    assert_eq!(std::fs::metadata(log_of(&second)).unwrap().len(), 0);
    assert_eq!(numbers(&everything(&store).await), [1, 2]);
}

#[tokio::test]
async fn a_row_that_this_crate_never_writes_is_corrupt() {
    let folder = Folder::new("damaged");
    let file = folder.file("log.db");
    let store = SqliteStore::open(&file).await.unwrap();
    store.append(Append::new(vec![plain("e"), plain("e")])).await.unwrap();
    Connection::open(&file).unwrap().execute_batch("UPDATE events SET envelope = x'00' WHERE pos = 2").unwrap();
    let error = store.read(&Query::all(), ReadOptions::default()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Corrupt);
    assert!(error.to_string().contains("position 2 has a damaged envelope"), "{error}");
}

#[tokio::test]
async fn a_full_file_refuses_and_recovers() {
    let folder = Folder::new("full");
    let file = folder.file("log.db");
    let store = SqliteStore::options().max_bytes(200_000).open(&file).await.unwrap();
    let large = || on(stream("a"), "large").with_payload(vec![b'x'; 10_000]);
    let mut acknowledged = 0;
    let error = loop {
        match store.append(one(large()).with(at_version(stream("a"), acknowledged))).await {
            Ok(appended) => acknowledged = appended.last().get(),
            Err(error) => break error,
        }
    };
    assert!(error.to_string().contains("max_bytes"), "{error}");
    assert_eq!(append_kind(error), StoreErrorKind::Full);
    assert!(acknowledged > 5);
    // What fits still goes in, behind what was acknowledged.
    let small = one(on(stream("a"), "small")).with(at_version(stream("a"), acknowledged));
    assert_eq!(store.append(small).await.unwrap().last().get(), acknowledged + 1);
    assert_eq!(everything(&store).await.len() as u64, acknowledged + 1);
    store.close().await;
    let store = SqliteStore::open(&file).await.unwrap();
    assert_eq!(store.append(one(large())).await.unwrap().last().get(), acknowledged + 2);
}

#[tokio::test]
async fn a_writer_elsewhere_may_be_waited_for_as_long_as_it_takes() {
    let folder = Folder::new("patience");
    let store = SqliteStore::options().busy_timeout(Duration::MAX).open(folder.file("log.db")).await.unwrap();
    assert_eq!(store.append(one(plain("e"))).await.unwrap().last(), Position::new(1));
}

#[tokio::test]
async fn a_writer_elsewhere_makes_appends_busy_for_a_while() {
    let folder = Folder::new("busy");
    let file = folder.file("log.db");
    let store = SqliteStore::options().busy_timeout(Duration::from_millis(30)).open(&file).await.unwrap();
    store.append(one(plain("e"))).await.unwrap();
    let other = Connection::open(&file).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = store.append(one(plain("e"))).await.unwrap_err();
    assert!(error.to_string().contains("busy_timeout"), "{error}");
    assert_eq!(append_kind(error), StoreErrorKind::Busy);
    assert_eq!(numbers(&everything(&store).await), [1], "reads do not wait");
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(store.append(one(plain("e"))).await.unwrap().last(), Position::new(2));
}

/// As SQLite waits by itself, it would look too rarely.
#[tokio::test]
async fn a_writer_elsewhere_that_hardly_pauses_starves_nobody() {
    let folder = Folder::new("starved");
    let file = folder.file("log.db");
    let store = SqliteStore::options().busy_timeout(Duration::from_secs(2)).open(&file).await.unwrap();
    let other = Connection::open(&file).unwrap();
    other.busy_timeout(Duration::ZERO).unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let busy = std::thread::spawn(move || {
        while !stopped.load(Ordering::Relaxed) {
            if other.execute_batch("BEGIN IMMEDIATE").is_ok() {
                std::thread::sleep(Duration::from_millis(5));
                other.execute_batch("COMMIT").unwrap();
            }
            std::thread::sleep(Duration::from_micros(100));
        }
    });
    for position in 1..=12 {
        // So long that the other has its turn in between.
        tokio::time::sleep(Duration::from_millis(3)).await;
        assert_eq!(store.append(one(plain("e"))).await.unwrap().last(), Position::new(position));
        let another = SqliteStore::options().busy_timeout(Duration::from_secs(2)).open(&file).await.unwrap();
        assert_eq!(another.head().await.unwrap().position, Position::new(position));
    }
    stop.store(true, Ordering::Relaxed);
    busy.join().unwrap();
}

/// SQLite goes on with the file that it has open, which nobody finds any more.
#[cfg(unix)]
#[tokio::test]
async fn a_file_that_was_removed_or_replaced_takes_no_appends() {
    let folder = Folder::new("moved");
    for is_replaced in [false, true] {
        let file = folder.file("log.db");
        let store = SqliteStore::open(&file).await.unwrap();
        store.append(one(plain("e"))).await.unwrap();
        for suffix in ["", "-wal", "-shm"] {
            std::fs::remove_file(format!("{}{suffix}", file.display())).unwrap();
        }
        let other = if is_replaced { Some(SqliteStore::open(&file).await.unwrap()) } else { None };
        let error = store.append(one(plain("e"))).await.unwrap_err();
        assert!(error.to_string().contains("removed or replaced"), "{error}");
        assert_eq!(append_kind(error), StoreErrorKind::FailedClosed);
        let error = store.append(one(plain("e"))).await.unwrap_err();
        assert!(error.to_string().contains("open it again"), "{error}");
        let read = store.read(&Query::all(), ReadOptions::default()).await;
        let Some(other) = other else {
            assert_eq!(read.unwrap().events.len(), 1, "what was removed is complete");
            continue;
        };
        assert_eq!(other.append(one(plain("e"))).await.unwrap().last(), Position::new(1));
        assert_eq!(read.unwrap_err().kind(), StoreErrorKind::FailedClosed);
        assert_eq!(store.head().await.unwrap_err().kind(), StoreErrorKind::FailedClosed);
    }
}

/// Whoever follows the log must not wait for ever for what happens in the file that nobody finds any more.
#[cfg(unix)]
#[tokio::test]
async fn a_reader_that_waits_is_told_that_another_log_took_the_place() {
    let folder = Folder::new("watched");
    let (file, next) = (folder.file("log.db"), folder.file("next.db"));
    let store = SqliteStore::open(&file).await.unwrap();
    let last = store.append(one(plain("e"))).await.unwrap().last();
    let place = store.head().await.unwrap();
    assert_eq!(place.position, last);
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { store.watch(place).await }
    });
    tokio::time::sleep(Duration::from_millis(30)).await;
    SqliteStore::open(&next).await.unwrap().close().await;
    std::fs::rename(&next, &file).unwrap();
    let told = tokio::time::timeout(Duration::from_secs(20), waiting).await.expect("waits for ever").unwrap();
    assert_eq!(told.unwrap_err().kind(), StoreErrorKind::FailedClosed);
}

/// SQLite goes on with the write-ahead log that it has open, which a crash would take away with all that it holds; without
/// the index another process would not see the locks of this one.
#[cfg(unix)]
#[tokio::test]
async fn a_removed_write_ahead_log_takes_no_appends_and_is_saved_by_closing() {
    for suffix in ["-wal", "-shm"] {
        let folder = Folder::new("moved-log");
        let file = folder.file("log.db");
        let store = SqliteStore::open(&file).await.unwrap();
        store.append(one(plain("e"))).await.unwrap();
        let removed = format!("{}{suffix}", file.display());
        std::fs::remove_file(&removed).unwrap();
        let error = store.append(one(plain("e"))).await.unwrap_err();
        assert!(error.to_string().contains(&format!("`{removed}` was removed or replaced")), "{error}");
        assert_eq!(append_kind(error), StoreErrorKind::FailedClosed);
        store.close().await;
        let again = SqliteStore::open(&file).await.unwrap();
        assert_eq!(again.append(one(plain("e"))).await.unwrap().last(), Position::new(2), "{suffix}");
    }
}
