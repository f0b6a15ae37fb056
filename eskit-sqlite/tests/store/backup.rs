//! Backups of a log that is in use.

use crate::support::*;
use eskit_runtime::EventStore;
use eskit_runtime::log::{StoreErrorKind, StreamChange};
use eskit_sqlite::SqliteStore;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_is_a_log_while_others_append() {
    let folder = Folder::new("backup");
    let store = SqliteStore::options().settle_after(100).open(folder.file("log.db")).await.unwrap();
    for number in 0..300 {
        let event = tagged("e", &[("n", &number.to_string())]).with_stream(stream("a"));
        store.append(one(event)).await.unwrap();
    }
    store.append(one(on(stream("b"), "closed"))).await.unwrap();
    store.change_stream(&stream("b"), StreamChange::Archive).await.unwrap();
    let appending = tokio::spawn({
        let store = store.clone();
        async move {
            for _ in 0..100 {
                store.append(one(on(stream("a"), "later"))).await.unwrap();
            }
        }
    });
    let copy = folder.file("copy.db");
    store.backup(&copy).await.unwrap();
    appending.await.unwrap();
    assert_eq!(std::fs::read_dir(copy.parent().unwrap()).unwrap().count(), 4, "nothing else is left there");

    let log = everything(&store).await;
    let copied = SqliteStore::open(&copy).await.unwrap();
    let events = everything(&copied).await;
    assert!(events.len() >= 301 && log.starts_with(&events));
    assert!(!copied.stream_info(&stream("b")).await.unwrap().status.is_open());
    let version = copied.stream_info(&stream("a")).await.unwrap().version;
    let appended = copied.append(one(on(stream("a"), "e")).with(at_version(stream("a"), version))).await.unwrap();
    assert_eq!(appended.last().get(), events.len() as u64 + 1);
    assert_eq!(numbers(&all_of(&copied, &with_tag("n", "7").into(), Default::default()).await), [8]);
}

#[tokio::test]
async fn a_backup_overwrites_nothing_and_leaves_nothing_behind() {
    let folder = Folder::new("backup-refused");
    let file = folder.file("log.db");
    let store = SqliteStore::open(&file).await.unwrap();
    store.append(one(plain("e"))).await.unwrap();
    let taken = folder.file("taken.db");
    std::fs::write(&taken, "mine").unwrap();
    let error = store.backup(&taken).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Invalid);
    assert!(error.to_string().contains("help: back up to another path"), "{error}");
    assert_eq!(std::fs::read(&taken).unwrap(), b"mine");
    assert_eq!(store.backup(&file).await.unwrap_err().kind(), StoreErrorKind::Invalid);
    let error = store.backup(folder.file("no/such/copy.db")).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error}");
    assert_eq!(std::fs::read_dir(file.parent().unwrap()).unwrap().count(), 4);
    store.close().await;
    assert_eq!(store.backup(folder.file("copy.db")).await.unwrap_err().kind(), StoreErrorKind::Closed);
}
