//! Streams that are archived and restored, also by processes that are killed.

use std::io::Write;
use std::time::Duration;

use eskit::log::{Append, EventId, NewEvent, Pages, Query, ReadOptions, StreamChange, StreamId, StreamStatus, Tag};
use eskit::sqlite::SqliteStore;
use eskit::{AnyStore, EventStore, MemoryStore, Metadata, RecordedEvent, Timestamp};
use eskit_postgres::{PostgresStore, testing};
use eskit_transfer::{ArchiveError, archive_stream, restore_stream};

use super::support::Folder;
use super::{block_on, is_child, start};

fn stream(id: usize) -> StreamId {
    StreamId::new("account", format!("a-{id}"))
}

fn event(of: usize, number: usize) -> NewEvent {
    let mut event = NewEvent::json("bank.Deposited", format!(r#"{{"number":{number},"amount":1.50}}"#));
    event.stream = Some(stream(of));
    event.metadata = Metadata::new().with_correlation_id(format!("request-{number}"));
    event.recorded_at = Some(Timestamp::from_micros(1_700_000_000_000_000 + number as i64));
    event
}

/// Streams with these numbers, of so many events each: alone, two together, and one together with one of no stream.
async fn fill(store: &impl EventStore, streams: std::ops::Range<usize>, events: usize) {
    for of in streams {
        for number in (0..events).step_by(4) {
            store.append(Append::new(vec![event(of, number)])).await.unwrap();
            store.append(Append::new(vec![event(of, number + 1), event(of, number + 2)])).await.unwrap();
            let other = event(of, number).with_stream(None::<StreamId>);
            store.append(Append::new(vec![event(of, number + 3), other])).await.unwrap();
        }
    }
}

async fn events(store: &impl EventStore, of: &StreamId) -> Vec<RecordedEvent> {
    let mut pages = Pages::new(store, Query::stream(of.clone()), ReadOptions::default());
    let mut all = Vec::new();
    while let Some(page) = pages.next().await.unwrap() {
        all.extend(page);
    }
    all
}

/// What an event says, wherever it is.
fn content(event: &RecordedEvent) -> (u64, &str, &str, &[u8], Timestamp, &Metadata) {
    let version = event.stream.as_ref().map_or(0, |at| at.version);
    (version, event.name.as_str(), event.content_type.as_str(), &event.payload, event.recorded_at, &event.metadata)
}

/// Fails unless both have the same events, and returns how many.
fn assert_same(from: &[RecordedEvent], to: &[RecordedEvent]) -> u64 {
    assert_eq!(from.iter().map(content).collect::<Vec<_>>(), to.iter().map(content).collect::<Vec<_>>());
    from.len() as u64
}

async fn goes_there_and_back(log: AnyStore, cold: AnyStore) {
    fill(&log, 1..3, 8).await;
    let (of, original) = (stream(1), events(&log, &stream(1)).await);
    let kept = archive_stream(&log, &cold, of.clone()).await.unwrap();
    assert_eq!((kept.events, kept.copied, kept.tagged, kept.apart, kept.is_deleted), (8, 8, 0, 2, false));
    assert!(matches!(log.stream_info(&of).await.unwrap().status, StreamStatus::Archived { .. }));
    let archived = events(&cold, &of).await;
    assert_same(&original, &archived);
    let ids = |events: &[RecordedEvent]| events.iter().map(|event| event.id).collect::<Vec<_>>();
    assert_eq!(ids(&original), ids(&archived));
    let parts: Vec<usize> = archived.iter().map(|event| event.part.count()).collect();
    assert_eq!(parts, [1, 2, 2, 1, 1, 2, 2, 1], "what was appended together is together");

    // It goes on, is archived again, and then deleted.
    log.change_stream(&of, StreamChange::Restore).await.unwrap();
    log.append(Append::new(vec![event(1, 100)])).await.unwrap();
    let original = events(&log, &of).await;
    let gone = archive_stream(&log, &cold, of.clone()).deleting("closed").await.unwrap();
    assert_eq!((gone.events, gone.copied, gone.is_deleted), (9, 1, true));
    let status = log.stream_info(&of).await.unwrap().status;
    assert_eq!((status.is_deleted(), status.reason()), (true, Some("closed")));
    assert!(events(&log, &of).await.is_empty());
    // Once more: it is found there.
    let again = archive_stream(&log, &cold, of.clone()).deleting("closed").await.unwrap();
    assert_eq!((again.events, again.copied, again.is_deleted), (9, 0, true));

    let refused = restore_stream(&cold, &log, of.clone()).await.unwrap_err();
    assert!(matches!(&refused, ArchiveError::Gone { stream } if *stream == of), "{refused}");
    let name = StreamId::new("account", "a-1-restored");
    for copied in [9, 0] {
        let restored = restore_stream(&cold, &log, of.clone()).into_stream(name.clone()).await.unwrap();
        assert_eq!((restored.events, restored.copied, &restored.stream), (9, copied, &name));
    }
    assert_same(&original, &events(&log, &name).await);
    assert_eq!(events(&log, &stream(2)).await.len(), 8);
}

#[test]
fn a_stream_goes_into_an_archive_and_back() {
    block_on(async {
        goes_there_and_back(AnyStore::new(MemoryStore::new()), AnyStore::new(MemoryStore::new())).await;
        let folder = Folder::new();
        let open = |name| SqliteStore::open(folder.path(name));
        let cold = AnyStore::new(open("cold.db").await.unwrap());
        goes_there_and_back(AnyStore::new(open("log.db").await.unwrap()), cold).await;
        let Some(database) = testing::database().await.unwrap() else { return };
        let log = PostgresStore::options().migrate(true).connect(database.dsn()).await.unwrap();
        goes_there_and_back(AnyStore::new(log), AnyStore::new(open("cold-2.db").await.unwrap())).await;
        let cold = PostgresStore::options().schema("cold").migrate(true).connect(database.dsn()).await.unwrap();
        goes_there_and_back(AnyStore::new(open("log-2.db").await.unwrap()), AnyStore::new(cold)).await;
    });
}

#[test]
fn into_a_fresh_log_it_keeps_its_name_and_its_ids() {
    block_on(async {
        let (log, cold, fresh) = (MemoryStore::new(), MemoryStore::new(), MemoryStore::new());
        fill(&log, 1..2, 8).await;
        let original = events(&log, &stream(1)).await;
        archive_stream(&log, &cold, stream(1)).await.unwrap();
        restore_stream(&cold, &fresh, stream(1)).await.unwrap();
        let restored = events(&fresh, &stream(1)).await;
        assert_same(&original, &restored);
        assert!(original.iter().zip(&restored).all(|(a, b)| a.id == b.id));
    });
}

#[test]
fn what_cannot_be_is_told_and_changes_nothing() {
    block_on(async {
        let (log, cold) = (MemoryStore::new(), MemoryStore::new());
        fill(&log, 1..4, 4).await;
        let error = archive_stream(&log, &log, stream(1)).await.unwrap_err();
        assert!(matches!(error, ArchiveError::SameLog), "{error}");
        let error = archive_stream(&log, &cold, stream(9)).deleting("x").await.unwrap_err();
        assert!(matches!(error, ArchiveError::NoStream { .. }), "{error}");
        let error = restore_stream(&cold, &log, stream(9)).await.unwrap_err();
        assert!(matches!(error, ArchiveError::NoStream { .. }), "{error}");

        // Tags are in conditions of others.
        let mut tagged = event(1, 50);
        tagged.tags.push("owner", "ada");
        let append = log.append(Append::new(vec![tagged])).await;
        append.unwrap();
        let error = archive_stream(&log, &cold, stream(1)).deleting("closed").await.unwrap_err();
        assert!(matches!(error, ArchiveError::Tagged { events: 1, .. }), "{error}");
        let (copied, original) = (events(&cold, &stream(1)).await, events(&log, &stream(1)).await);
        assert_eq!(assert_same(&original, &copied), 5);
        assert!(copied[4].tags.contains(Tag::new("owner", "ada").as_ref()));
        let done = archive_stream(&log, &cold, stream(1)).deleting("closed").although_tagged().await.unwrap();
        assert_eq!((done.tagged, done.copied, done.is_deleted), (1, 0, true));

        // Somebody else has written to the archive.
        cold.append(Append::new(vec![event(2, 0)])).await.unwrap();
        let error = archive_stream(&log, &cold, stream(2)).deleting("closed").await.unwrap_err();
        assert!(matches!(error, ArchiveError::Differs { version: 1, what: "id", .. }), "{error}");
        assert_eq!(events(&log, &stream(2)).await.len(), 4, "the original was deleted");
        // It has one event too many.
        archive_stream(&log, &cold, stream(3)).await.unwrap();
        cold.append(Append::new(vec![event(3, 70)])).await.unwrap();
        let error = archive_stream(&log, &cold, stream(3)).deleting("closed").await.unwrap_err();
        assert!(matches!(error, ArchiveError::Differs { version: 5, .. }), "{error}");
        assert_eq!(events(&log, &stream(3)).await.len(), 4, "the original was deleted");
        // It was deleted here by hand before all of it was there.
        log.change_stream(&stream(2), StreamChange::delete("by hand")).await.unwrap();
        cold.change_stream(&stream(2), StreamChange::delete("by hand")).await.unwrap();
        let error = archive_stream(&log, &cold, stream(2)).await.unwrap_err();
        assert!(matches!(error, ArchiveError::Deleted { version: 4, .. }), "{error}");
    });
}

/// How many streams the log of the kill test has, and how many events each.
const STREAMS: usize = 6;
const EVENTS: usize = 24;

/// What the process does that is killed: archives and deletes one stream after another.
pub(crate) async fn archive_all(from: &str, to: &str) {
    let (from, to) = (SqliteStore::open(from).await.unwrap(), SqliteStore::open(to).await.unwrap());
    std::io::stdout().write_all(b"page 0\n").unwrap();
    for of in 0..STREAMS {
        archive_stream(&from, &to, stream(of)).deleting("closed").await.unwrap();
    }
}

#[test]
fn a_stream_is_whole_here_or_there_whenever_it_is_killed() {
    if is_child() {
        return;
    }
    let test = "archive::a_stream_is_whole_here_or_there_whenever_it_is_killed";
    let seed = std::env::var("ESKIT_TRANSFER_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed: u64 = seed.unwrap_or_else(|| {
        EventId::new().as_bytes().iter().fold(7, |hash: u64, byte| hash.wrapping_mul(31) ^ u64::from(*byte))
    });
    let told = format!("archiving with seed {seed}; ESKIT_TRANSFER_SEED={seed} repeats it\n");
    std::io::stdout().write_all(told.as_bytes()).unwrap();
    let folder = Folder::new();
    let [from, to] = ["log.db", "cold.db"].map(|name| folder.path(name).to_str().unwrap().to_owned());
    let originals = block_on(async {
        let log = SqliteStore::open(&from).await.unwrap();
        fill(&log, 0..STREAMS, EVENTS).await;
        let mut originals = Vec::new();
        for of in 0..STREAMS {
            originals.push(events(&log, &stream(of)).await);
        }
        originals
    });
    let (mut killed, mut random) = (0, seed);
    for _ in 0..super::rounds() + 1 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut child = start(test, ["archive", &from, &to]);
        super::wait_for_page(&mut child);
        std::thread::sleep(Duration::from_millis((random >> 33) % 120));
        child.kill().unwrap();
        killed += u64::from(!child.wait().unwrap().success());
        block_on(async {
            let (log, cold) = (SqliteStore::open(&from).await.unwrap(), SqliteStore::open(&to).await.unwrap());
            for (of, original) in originals.iter().enumerate() {
                let (here, there) = (events(&log, &stream(of)).await, events(&cold, &stream(of)).await);
                if log.stream_info(&stream(of)).await.unwrap().status.is_deleted() {
                    assert!(here.is_empty());
                    assert_same(original, &there);
                } else {
                    assert_same(original, &here);
                    assert_same(&original[..there.len()], &there);
                }
            }
        });
    }
    assert!(killed > 0, "no kill came before the end");
    block_on(async {
        archive_all(&from, &to).await;
        let (log, cold) = (SqliteStore::open(&from).await.unwrap(), SqliteStore::open(&to).await.unwrap());
        for (of, original) in originals.iter().enumerate() {
            assert!(log.stream_info(&stream(of)).await.unwrap().status.is_deleted());
            assert_same(original, &events(&cold, &stream(of)).await);
        }
    });
}
