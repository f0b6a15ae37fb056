//! The lifecycle of streams, as far as it is about the file; the rest is held to the contract by the conformance suite.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

mod support;

use eskit_runtime::{
    AppendError, ContentType, EventId, EventStore, Metadata, NewEvent, Position, ReadOptions, SchemaVersion,
    StoreErrorKind, StreamChange, StreamError, StreamStatus, Tags, Timestamp,
};
use eskit_sqlite::SqliteStore;
use rusqlite::Connection;
use support::*;

/// A log as the first version of the schema left it: two events of one stream.
fn first_version(file: &std::path::Path) {
    let conn = Connection::open(file).unwrap();
    conn.execute_batch(include_str!("../migrations/0001_log.sql")).unwrap();
    conn.execute_batch("PRAGMA user_version = 1; PRAGMA application_id = 0x65736b74").unwrap();
    for version in 1..=2_i64 {
        let id = EventId::new();
        conn.execute(
            "INSERT INTO events VALUES (?1, ?2, 'e', 5, 'account', 'old', ?1, 0, x'6b3a76006c3ac3a9', \
             '{\"correlation_id\":\"ü\"}', 'a/b', -7, x'00ff')",
            (version, id.as_bytes().as_slice()),
        )
        .unwrap();
        conn.execute("INSERT INTO tags VALUES ('k:v', 'e', ?1), ('l:é', 'e', ?1)", [version]).unwrap();
    }
    conn.execute_batch("INSERT INTO names VALUES (0, 'e', 2), (1, 'account', 2)").unwrap();
}

#[tokio::test]
async fn a_file_of_the_first_version_is_upgraded() {
    let folder = Folder::new("upgrade");
    let file = folder.file("log.db");
    first_version(&file);
    let refused = SqliteStore::options().read_only(true).open(&file).await.unwrap_err();
    assert_eq!(refused.kind(), StoreErrorKind::ReadOnly);
    assert!(refused.to_string().contains("schema version 1, this program needs 5"), "{refused}");

    let store = SqliteStore::open(&file).await.unwrap();
    let read = everything(&store).await;
    assert_eq!(numbers(&read), [1, 2]);
    let old = stream("old");
    let expected = NewEvent {
        id: read[1].id,
        stream: Some(old.clone()),
        schema_version: SchemaVersion::new(5).unwrap(),
        tags: Tags::from_packed("k:v\0l:é".to_owned()),
        metadata: Metadata::new().with_correlation_id("ü"),
        content_type: ContentType::new("a/b"),
        ..NewEvent::json("e", [0, 0xff])
    };
    assert_eq!(read[1], expected.into_recorded(Position::new(2), Some(2), Timestamp::from_micros(-7)));
    assert_eq!(numbers(&all_of(&store, &with_tag("l", "é").into(), ReadOptions::default()).await), [1, 2]);
    assert_eq!(store.stream_info(&old).await.unwrap().version, 2);
    store.change_stream(&old, StreamChange::delete("old")).await.unwrap();
    assert_eq!(numbers(&everything(&store).await), [0_u64; 0]);
    assert_eq!(store.append(one(plain("e"))).await.unwrap().last(), Position::new(3));
    drop(store);
    let store = SqliteStore::options().read_only(true).open(&file).await.unwrap();
    let info = store.stream_info(&old).await.unwrap();
    assert!(matches!(&info.status, StreamStatus::Deleted { reason, .. } if reason == "old"), "{info:?}");
    assert_eq!(info.version, 2);
}

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
        NewEvent { payload: text.repeat(2000).into_bytes(), tags, ..on(stream(id), text) }
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
