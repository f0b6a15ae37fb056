//! What the tests share: a folder that goes away, and short ways to write events.
#![allow(dead_code, reason = "no test file uses all of it")]

use std::path::{Path, PathBuf};

use eskit_runtime::{
    Append, Condition, EventId, EventStore, ExpectedVersion, NewEvent, Position, Query, QueryItem, ReadOptions,
    RecordedEvent, StreamId, Tag, Tags,
};
use eskit_sqlite::SqliteStore;

/// A folder of one test, removed when the test is done.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(test: &str) -> Folder {
        let name = format!("{test}-{}-{}", std::process::id(), EventId::new());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn stream(id: &str) -> StreamId {
    StreamId::new("account", id)
}

pub(crate) fn plain(name: &str) -> NewEvent {
    NewEvent::json(name, "{}")
}

pub(crate) fn on(stream: StreamId, name: &str) -> NewEvent {
    NewEvent { stream: Some(stream), ..plain(name) }
}

pub(crate) fn tagged(name: &str, tags: &[(&str, &str)]) -> NewEvent {
    let mut all = Tags::new();
    for (key, value) in tags {
        all.push(key, value);
    }
    NewEvent { tags: all, ..plain(name) }
}

pub(crate) fn one(event: NewEvent) -> Append {
    Append::new(vec![event])
}

pub(crate) fn at_version(stream: StreamId, version: u64) -> Condition {
    Condition::Stream { stream, expected: ExpectedVersion::Exact(version) }
}

pub(crate) fn no_events(query: impl Into<Query>, after: u64) -> Condition {
    Condition::NoEvents { query: query.into(), after: Position::new(after) }
}

pub(crate) fn with_tag(key: &str, value: &str) -> QueryItem {
    QueryItem::tags([Tag::new(key, value)])
}

/// Every event of the log, in order, read in small pages.
pub(crate) async fn everything(store: &SqliteStore) -> Vec<RecordedEvent> {
    all_of(store, &Query::all(), ReadOptions::default().limit(97)).await
}

/// Every event that a read returns, page after page.
pub(crate) async fn all_of(store: &SqliteStore, query: &Query, mut options: ReadOptions) -> Vec<RecordedEvent> {
    let mut events = Vec::new();
    loop {
        let page = store.read(query, options).await.unwrap();
        let last = page.events.last().map(|event| event.position);
        events.extend(page.events);
        match last {
            Some(last) if page.more => options = options.following(last),
            _ => return events,
        }
    }
}

pub(crate) fn numbers(events: &[RecordedEvent]) -> Vec<u64> {
    events.iter().map(|event| event.position.get()).collect()
}
