//! Logs to move, and places for them.

#![allow(dead_code, reason = "each test target uses a part")]

use std::path::PathBuf;

use eskit::log::{Append, EventId, NewEvent, StreamChange, StreamId};
use eskit::transfer::Transfer;
use eskit::{EventStore, Metadata, Timestamp};

/// A folder that is removed when the test ends.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Folder {
        let folder = std::env::temp_dir().join(format!("eskit-transfer-{}", EventId::new()));
        std::fs::create_dir_all(&folder).unwrap();
        Folder(folder)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The names of the files in it.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn stream(id: usize) -> StreamId {
    StreamId::new("order", format!("o-{id}"))
}

pub(crate) fn event(number: usize) -> NewEvent {
    let mut event = NewEvent::json("shop.Sold", format!(r#"{{"number":{number}}}"#));
    event.stream = (!number.is_multiple_of(5)).then(|| stream(number % 17));
    event.tags.push("customer", number % 7);
    if number.is_multiple_of(3) {
        event.metadata = Metadata::new().with_correlation_id(format!("request-{number}"));
    }
    event.recorded_at = Some(Timestamp::from_micros(number as i64));
    event
}

/// Appends so many events, one to four at a time.
pub(crate) async fn fill(store: &impl EventStore, range: std::ops::Range<usize>) {
    let mut number = range.start;
    while number < range.end {
        let count = (number % 4 + 1).min(range.end - number);
        let events = (number..number + count).map(event).collect();
        store.append(Append::new(events)).await.unwrap();
        number += count;
    }
}

/// A log of 100 events with streams of every status, of which a deleted one has the last event.
pub(crate) async fn varied(store: &impl EventStore) {
    fill(store, 0..100).await;
    let mut last = event(101);
    last.stream = Some(stream(3));
    store.append(Append::new(vec![last])).await.unwrap();
    store.change_stream(&stream(1), StreamChange::Archive).await.unwrap();
    store.change_stream(&stream(2), StreamChange::tombstone("it ended")).await.unwrap();
    store.change_stream(&stream(3), StreamChange::delete("asked for")).await.unwrap();
}

/// Fails unless both logs are equal.
pub(crate) async fn assert_equal(from: &impl Transfer, to: &impl Transfer) {
    let verified = eskit_transfer::verify(from, to).await.unwrap();
    assert_eq!(verified.difference, None);
    assert_eq!(verified.head, from.head().await.unwrap());
}
