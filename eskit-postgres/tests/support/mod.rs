//! What the tests share: a store in a database of its own, and short ways to write events.
#![allow(dead_code, reason = "no test file uses all of it")]

use std::future::{Future, poll_fn};
use std::task::Poll;

use eskit_postgres::testing::{self, Database};
use eskit_postgres::{PostgresOptions, PostgresStore};
use eskit_runtime::{
    Append, Condition, EventStore, ExpectedVersion, NewEvent, Position, Query, QueryItem, ReadOptions, RecordedEvent,
    StreamId, Tag, Tags,
};

/// A database of one test, and a store with the default names in it.
pub(crate) struct Fixture {
    pub(crate) store: PostgresStore,
    pub(crate) database: Database,
}

/// A fixture, or nothing where there is no PostgreSQL and the test is skipped.
pub(crate) async fn fixture() -> Option<Fixture> {
    fixture_with(PostgresStore::options()).await
}

pub(crate) async fn fixture_with(options: PostgresOptions) -> Option<Fixture> {
    let database = testing::database().await.unwrap()?;
    let store = options.migrate(true).connect(database.dsn()).await.unwrap();
    Some(Fixture { store, database })
}

impl Fixture {
    /// One more store on the same log, with connections of its own, as another process would have it.
    pub(crate) async fn another(&self) -> PostgresStore {
        PostgresStore::connect(self.database.dsn()).await.unwrap()
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
pub(crate) async fn everything(store: &PostgresStore) -> Vec<RecordedEvent> {
    all_of(store, &Query::all(), ReadOptions::default().limit(97)).await
}

/// Every event that a read returns, page after page.
pub(crate) async fn all_of(store: &PostgresStore, query: &Query, mut options: ReadOptions) -> Vec<RecordedEvent> {
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

/// Polls a future, as often as it is woken, but no more than so many times; then it is dropped.
pub(crate) async fn give_up_after<T>(polls: usize, future: impl Future<Output = T>) -> Option<T> {
    let (mut future, mut left) = (Box::pin(future), polls);
    poll_fn(|context| {
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(answer) => Poll::Ready(Some(answer)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}
