//! `eskit::Import`: each event of a source once, however often the import is begun, and whoever else imports it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail their test")]

use std::collections::BTreeSet;

use eskit::log::{Append, NewEvent, Pages, Query, ReadOptions, StreamChange, StreamId};
use eskit::prelude::*;
use eskit::{Import, ImportError, Imported};

fn event(number: u64) -> NewEvent {
    let event = NewEvent::json("old.Happened", format!("{{\"number\":{number}}}"));
    event.with_stream(StreamId::new("old", (number % 7).to_string()))
}

/// Imports the events with these numbers.
async fn import(store: &impl EventStore, numbers: impl IntoIterator<Item = u64>) -> Result<Imported, ImportError> {
    let mut import = Import::resume(store, "a").await.unwrap();
    for number in numbers {
        import.push(number, event(number)).await?;
    }
    import.finish().await
}

fn counts(imported: Result<Imported, ImportError>) -> (u64, u64) {
    let Imported { events, events_before, .. } = imported.unwrap();
    (events, events_before)
}

/// The payloads of the log, in order.
async fn payloads(store: &impl EventStore) -> Vec<String> {
    let mut pages = Pages::new(store, Query::all(), ReadOptions::default());
    let mut payloads = Vec::new();
    while let Some(events) = pages.next().await.unwrap() {
        payloads.extend(events.into_iter().map(|event| String::from_utf8(event.payload).unwrap()));
    }
    payloads
}

fn expected(events: u64) -> Vec<String> {
    (1..=events).map(|number| format!("{{\"number\":{number}}}")).collect()
}

#[tokio::test]
async fn each_run_goes_on_where_the_last_one_ended() {
    let store = MemoryStore::new();
    let mut before = 0;
    for end in [1, 2, 3, 999, 1_000, 1_001, 2_500, 2_500] {
        assert_eq!(counts(import(&store, 1..=end).await), (end, before));
        assert_eq!(payloads(&store).await, expected(end));
        before = end;
    }
}

#[tokio::test]
async fn events_that_are_there_need_not_be_pushed() {
    let store = MemoryStore::new();
    import(&store, 1..=10).await.unwrap();
    let resumed = Import::resume(&store, "a").await.unwrap();
    assert_eq!(resumed.events_before(), 10);
    assert_eq!(counts(import(&store, 10..=12).await), (12, 10));
    assert_eq!(counts(import(&store, 13..=13).await), (13, 12));
    assert_eq!(counts(import(&store, []).await), (13, 13));
    assert_eq!(payloads(&store).await, expected(13));
}

#[tokio::test]
async fn sources_are_apart() {
    let store = MemoryStore::new();
    import(&store, 1..=10).await.unwrap();
    let mut other = Import::resume(&store, "b").await.unwrap();
    assert_eq!(other.events_before(), 0);
    other.push(1, event(1)).await.unwrap();
    assert_eq!(counts(other.finish().await), (1, 0));
    assert_eq!(store.head().await.unwrap().position.get(), 11);
}

#[tokio::test]
async fn what_does_not_fit_the_import_so_far_is_refused() {
    let store = MemoryStore::new();
    import(&store, 1..=10).await.unwrap();
    let mut resumed = Import::resume(&store, "a").await.unwrap();
    let error = resumed.push(10, event(10).with_name("old.Other")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "event 10 of `a` differs from the one that was imported before\nhelp: import the same data as before, or name another source"
    );
    let error = import(&store, 1..=9).await.unwrap_err();
    assert!(matches!(error, ImportError::TooShort { events: 9, events_before: 10, .. }), "{error}");
    for numbers in [[1, 12], [10, 12], [12, 13], [11, 11]] {
        let error = import(&store, numbers).await.unwrap_err();
        assert!(matches!(error, ImportError::OutOfOrder { .. }), "{numbers:?}: {error}");
    }
    let error = import(&MemoryStore::new(), [0]).await.unwrap_err();
    assert!(matches!(error, ImportError::OutOfOrder { number: 0, next: 1, .. }), "{error}");
    assert_eq!(payloads(&store).await, expected(10));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn imports_of_one_source_side_by_side_append_each_event_once() {
    for batches_apart in [1, 2, 3] {
        let store = MemoryStore::new();
        // Their batches begin at different numbers.
        import(&store, 1..=batches_apart * 300).await.unwrap();
        let behind = Import::resume(&store, "a").await.unwrap();
        import(&store, 1..=batches_apart * 700).await.unwrap();
        let mut tasks = Vec::new();
        for mut import in [behind, Import::resume(&store, "a").await.unwrap()] {
            for number in 1..=5_000 {
                import.push(number, event(number)).await.unwrap();
            }
            tasks.push(import.finish());
        }
        for task in tasks {
            task.await.unwrap();
        }
        let found = payloads(&store).await;
        assert_eq!(found.len(), 5_000);
        assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected(5_000).into_iter().collect());
    }
}

/// The other import began with the same name after this one had looked, and its events are others.
#[tokio::test]
async fn another_import_of_the_name_that_was_faster_is_told_by_its_events() {
    // Its batches begin at the same numbers, or at others.
    for runs in [&[1_300][..], &[500, 1_300]] {
        let store = MemoryStore::new();
        let mut slower = Import::resume(&store, "a").await.unwrap();
        for end in runs {
            import(&store, 1..=*end).await.unwrap();
        }
        let held = payloads(&store).await;
        let mut refused = None;
        for number in 1..=1_000 {
            let name = if number == 900 { "old.Other" } else { "old.Happened" };
            let event = event(number).with_name(name);
            refused = refused.or(slower.push(number, event).await.err());
        }
        assert!(matches!(refused, Some(ImportError::OtherSource { number: 900, .. })), "{runs:?}: {refused:?}");
        assert_eq!(payloads(&store).await, held);
    }
}

#[tokio::test]
async fn what_was_deleted_since_stays_deleted() {
    let store = MemoryStore::new();
    // Batches that begin at other numbers than those of the last import.
    import(&store, 1..=300).await.unwrap();
    import(&store, 1..=3_000).await.unwrap();
    // The streams of the first event and of the last one.
    for number in [1, 3_000] {
        let stream = event(number).stream.unwrap();
        store.change_stream(&stream, StreamChange::delete("over")).await.unwrap();
    }
    let held = payloads(&store).await;
    import(&store, 1..=3_000).await.unwrap();
    assert_eq!(payloads(&store).await, held);
    assert_eq!(store.head().await.unwrap().position.get(), 3_000);
}

#[tokio::test]
async fn events_of_others_do_not_matter() {
    let store = MemoryStore::new();
    let other = || store.append(Append::new(vec![NewEvent::json("other.Happened", "{}")]));
    other().await.unwrap();
    import(&store, 1..=1_000).await.unwrap();
    other().await.unwrap();
    assert_eq!(counts(import(&store, 1..=1_001).await), (1_001, 1_000));
}
