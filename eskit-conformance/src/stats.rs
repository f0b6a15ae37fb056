//! What a store says of its log in numbers.

use std::collections::{BTreeMap, BTreeSet};

use eskit_runtime::log::{
    Append, LogStats, Position, Query, ReadOptions, Statistics, StreamChange, StreamId, TypeStats, WireName,
};
use eskit_runtime::{EventStore, RecordedEvent};

use crate::failure::{Failure, Outcome, ensure, same};
use crate::sample::{on, one, plain, tagged};

/// Checks that a store keeps the rules of [`Statistics`](eskit_runtime::log::Statistics). The store is new, and can change streams.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), eskit_conformance::Failure> {
/// eskit_conformance::check_stats(&eskit::MemoryStore::new()).await
/// # }
/// ```
///
/// # Errors
/// The first rule that it does not keep.
pub async fn check_stats(store: &impl Statistics) -> Result<(), Failure> {
    let empty = LogStats::default();
    compare("an empty log", &store.stats().await?, &empty)?;
    fill(store).await?;
    check("a log of open streams", store, [0; 3]).await?;
    // A store that moves older entries elsewhere has done so after some of these, and not after others.
    for _ in 0..8 {
        store.append(one(on(StreamId::new("account", "6"), "account.Changed"))).await?;
        check("a log that grows", store, [0; 3]).await?;
    }

    let changes = [
        ("1", StreamChange::Archive),
        ("2", StreamChange::tombstone("over")),
        ("3", StreamChange::delete("over")),
        ("4", StreamChange::delete("over")),
        ("5", StreamChange::Archive),
        ("5", StreamChange::Restore),
    ];
    for (id, change) in changes {
        store.change_stream(&StreamId::new("account", id), change).await?;
    }
    check("a log with closed streams", store, [1, 1, 2]).await?;

    // The only stream of its type, with the only event of its name.
    store.append(one(on(StreamId::new("brief", "1"), "brief.Happened"))).await?;
    check("a log with a new type", store, [1, 1, 2]).await?;
    store.change_stream(&StreamId::new("brief", "1"), StreamChange::delete("over")).await?;
    check("a log without the only event of a type", store, [1, 1, 3]).await
}

/// Events of several types and streams: so many that a store may keep the older ones in another way.
async fn fill(store: &impl EventStore) -> Outcome {
    store.append(one(plain("first.Happened"))).await?;
    for round in 0..10 {
        for id in ["1", "2", "3", "4", "5", "6"] {
            store.append(one(on(StreamId::new("account", id), "account.Changed"))).await?;
        }
        let both = vec![on(StreamId::new("Account", "1"), "Account.Changed"), tagged("tagged.Happened", &[("a", "b")])];
        store.append(Append::new(both)).await?;
        if round == 4 {
            store.append(one(plain("once.Happened"))).await?;
        }
    }
    Ok(())
}

/// Compares the numbers with what is found by reading all events.
async fn check(when: &str, store: &impl Statistics, closed: [u64; 3]) -> Outcome {
    let found = store.stats().await?;
    let (events, head) = all(store).await?;
    let mut types: BTreeMap<WireName, (Position, Position)> = BTreeMap::new();
    let mut streams = BTreeSet::from(["Account", "account"].map(WireName::from));
    for event in &events {
        types.entry(event.name.clone()).or_insert((event.position, event.position)).1 = event.position;
        streams.extend(event.stream.as_ref().map(|at| WireName::from(at.stream.stream_type())));
    }
    if closed[2] == 3 {
        // All that is left of it is its name.
        streams.insert("brief".into());
    }
    let mut expected = LogStats::default();
    expected.head = store.head().await?;
    expected.deleted_events = head.get() - events.len() as u64;
    [expected.archived_streams, expected.tombstoned_streams, expected.deleted_streams] = closed;
    expected.event_types = types.into_iter().map(|(name, (first, last))| TypeStats::new(name, first, last)).collect();
    expected.stream_types = streams.into_iter().collect();
    compare(when, &found, &expected)?;
    same(&format!("{when}: events that can be read"), &found.events(), &(events.len() as u64))
}

async fn all(store: &impl EventStore) -> Result<(Vec<RecordedEvent>, Position), Failure> {
    let page = store.read(&Query::all(), ReadOptions::default().limit(10_000)).await?;
    ensure!(!page.more, "a page of 10,000 events does not hold {}", page.events.len());
    Ok((page.events, page.head.position))
}

fn compare(when: &str, found: &LogStats, expected: &LogStats) -> Outcome {
    let mut found = found.clone();
    // Every store takes its own.
    found.size_bytes = None;
    same(&format!("{when}: what it holds"), &found, expected)
}
