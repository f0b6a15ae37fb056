//! The lifecycle of streams, as far as it is about the file; the rest is held to the contract by the conformance suite.

use crate::support::*;
use eskit_runtime::EventStore;
use eskit_runtime::log::{AppendError, StoreErrorKind, StreamChange, StreamError, StreamStatus, Tags};
use eskit_sqlite::SqliteStore;

/// Neither rows nor free pages of the file hold what was deleted, whether its entries were settled before or not. (Gaps in pages
/// that SQLite has split may: with many more events of this size, they do.)
#[tokio::test]
async fn no_byte_of_a_deleted_event_is_left_in_the_file() {
    for settle_after in [7, 60, 4000] {
        nothing_is_left_in_the_file(settle_after).await;
    }
}

async fn nothing_is_left_in_the_file(settle_after: usize) {
    let folder = Folder::new("bytes");
    let file = folder.file("log.db");
    let store = SqliteStore::options().settle_after(settle_after).open(&file).await.unwrap();
    let secret = |id: &str, text: &str| {
        let mut tags = Tags::new();
        tags.push("owner", text);
        on(stream(id), text).with_payload(text.repeat(2000).into_bytes()).with_tags(tags)
    };
    for _ in 0..50 {
        store.append(one(secret("gone", "geheim"))).await.unwrap();
        store.append(one(secret("kept", "public"))).await.unwrap();
    }
    store.change_stream(&stream("gone"), StreamChange::delete("asked for")).await.unwrap();
    store.close().await;
    let bytes = std::fs::read(&file).unwrap();
    let holds = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
    assert!(holds(b"publicpublic") && holds(b"owner:public"), "the other stream is there");
    assert!(!holds(b"geheimgeheim"), "a deleted payload is in the file");
    assert!(!holds(b"owner:geheim"), "a deleted tag is in the file");
}

#[tokio::test]
async fn a_change_needs_a_store_that_may_be_written() {
    let folder = Folder::new("read-only");
    let file = folder.file("log.db");
    let store = SqliteStore::open(&file).await.unwrap();
    store.append(one(on(stream("a"), "e"))).await.unwrap();
    let reader = SqliteStore::options().read_only(true).open(&file).await.unwrap();
    let refused = reader.change_stream(&stream("a"), StreamChange::Archive).await;
    assert!(matches!(refused, Err(StreamError::Store(error)) if error.kind() == StoreErrorKind::ReadOnly));
    store.close().await;
    let refused = store.change_stream(&stream("a"), StreamChange::Archive).await;
    assert!(matches!(refused, Err(StreamError::Store(error)) if error.kind() == StoreErrorKind::Closed));
}

/// Appends and changes of one batch meet each other as if each had a transaction of its own.
#[tokio::test]
async fn a_change_is_ordered_with_the_appends_of_its_batch() {
    let folder = Folder::new("batch");
    let store = SqliteStore::open(folder.file("log.db")).await.unwrap();
    let a = stream("a");
    store.append(one(on(a.clone(), "e"))).await.unwrap();
    // The first append occupies the writer; what follows waits and becomes one batch, in this order.
    let (_, before, archived, refused, restored, after) = tokio::join!(
        store.append(one(plain("e"))),
        store.append(one(on(a.clone(), "e"))),
        store.change_stream(&a, StreamChange::Archive),
        store.append(one(on(a.clone(), "e"))),
        store.change_stream(&a, StreamChange::Restore),
        store.append(one(on(a.clone(), "e"))),
    );
    assert_eq!(before.unwrap().versions, [Some(2)]);
    assert!(matches!(archived.unwrap(), StreamStatus::Archived { .. }));
    assert!(matches!(refused, Err(AppendError::StreamClosed(closed)) if closed.stream == a));
    assert!(restored.unwrap().is_open());
    assert_eq!(after.unwrap().versions, [Some(3)]);
}
