//! Short ways to write events and to read a log, for the tests of each store.

use eskit_runtime::log::{
    Append, Condition, ExpectedVersion, NewEvent, Position, Query, QueryItem, ReadOptions, StreamId, Tag, Tags,
};
use eskit_runtime::{EventStore, RecordedEvent};

pub(crate) fn stream(id: &str) -> StreamId {
    StreamId::new("account", id)
}

pub(crate) fn plain(name: &str) -> NewEvent {
    NewEvent::json(name, "{}")
}

pub(crate) fn on(stream: StreamId, name: &str) -> NewEvent {
    plain(name).with_stream(stream)
}

pub(crate) fn tagged(name: &str, tags: &[(&str, &str)]) -> NewEvent {
    let mut all = Tags::new();
    for (key, value) in tags {
        all.push(key, value);
    }
    plain(name).with_tags(all)
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
pub(crate) async fn everything(store: &impl EventStore) -> Vec<RecordedEvent> {
    all_of(store, &Query::all(), ReadOptions::default().limit(97)).await
}

/// Every event that a read returns, page after page.
pub(crate) async fn all_of(store: &impl EventStore, query: &Query, mut options: ReadOptions) -> Vec<RecordedEvent> {
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
