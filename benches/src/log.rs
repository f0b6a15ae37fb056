//! Logs to measure on: events, and stores filled with them.

use std::path::Path;
use std::sync::Arc;

use eskit::log::{Append, Condition, ExpectedVersion, NewEvent, Pages, Query, QueryItem, ReadOptions, StreamId, Tag};
use eskit::{EventStore, RecordedEvent};
use eskit_sqlite::{SqliteOptions, SqliteStore};
use tokio::runtime::Runtime;

use eskit_bench_harness::Failure;
use eskit_bench_harness::context::Context;
use eskit_bench_harness::drive::calls_per_second;

/// The wire name of the events that the store rows append.
pub(crate) const STREAM_EVENT: &str = "bench.Deposited";
/// The wire name of the events with tags.
pub(crate) const TAGGED_EVENT: &str = "bench.StudentEnrolled";

/// A JSON payload of 140 bytes.
pub(crate) fn payload(number: u64) -> Vec<u8> {
    let start = format!("{{\"number\":{number},\"text\":\"");
    let mut payload = start.into_bytes();
    payload.resize(138, b'.');
    payload.extend_from_slice(b"\"}");
    payload
}

/// Opens a store in this folder.
pub(crate) fn open(runtime: &Runtime, folder: &Path, options: SqliteOptions) -> Result<Arc<SqliteStore>, Failure> {
    Ok(Arc::new(runtime.block_on(options.open(folder.join("log.db")))?))
}

/// The event of a stream with this number.
pub(crate) fn stream_event(stream: StreamId, number: u64) -> NewEvent {
    NewEvent::json(STREAM_EVENT, payload(number)).with_stream(stream)
}

/// Appends event number `version + 1` to a stream that is expected to hold `version` events.
async fn append_to_stream(store: &impl EventStore, stream: StreamId, version: u64) -> Result<(), Failure> {
    let event = stream_event(stream.clone(), version);
    let condition = Condition::Stream { stream, expected: ExpectedVersion::Exact(version) };
    store.append(Append::new(vec![event]).with(condition)).await?;
    Ok(())
}

/// Appends an event with these two tags under the condition that no event of its type carries both.
async fn append_unique(store: &impl EventStore, tags: [Tag; 2], number: u64) -> Result<(), Failure> {
    let mut event = NewEvent::json(TAGGED_EVENT, payload(number));
    for tag in &tags {
        event.tags.push(tag.as_ref().key(), tag.as_ref().value());
    }
    let query = Query::from(QueryItem::types([TAGGED_EVENT]).with_tag(tags[0].clone()).with_tag(tags[1].clone()));
    let condition = Condition::NoEvents { query, after: eskit::log::Position::START };
    store.append(Append::new(vec![event]).with(condition)).await?;
    Ok(())
}

/// Callers that each append to a stream of their own, one event after the other: appends a second.
pub(crate) fn stream_appends_per_second<S: EventStore + 'static>(
    context: &Context,
    runtime: &Runtime,
    store: &Arc<S>,
    callers: usize,
    round: u32,
) -> Result<f64, Failure> {
    let store = Arc::clone(store);
    calls_per_second(runtime, callers, context.round_time(), move |caller, version| {
        let (store, stream) = (Arc::clone(&store), StreamId::new("account", format!("{round}-{caller}")));
        async move { append_to_stream(&*store, stream, version).await }
    })
}

/// How many courses share the events of all students.
pub(crate) const COURSES: u64 = 1000;

/// A course that many events share, and a student that no other event has.
pub(crate) fn course_and_student(round: u32, caller: usize, number: u64) -> [String; 2] {
    [format!("c{}", (number * 31 + caller as u64 * 7) % COURSES), format!("s{round}-{caller}-{number}")]
}

/// Callers that each append one event with two tags after the other, as [`append_unique`] does: appends a second.
pub(crate) fn unique_appends_per_second<S: EventStore + 'static>(
    context: &Context,
    runtime: &Runtime,
    store: &Arc<S>,
    callers: usize,
    round: u32,
) -> Result<f64, Failure> {
    let store = Arc::clone(store);
    calls_per_second(runtime, callers, context.round_time(), move |caller, number| {
        let (store, [course, student]) = (Arc::clone(&store), course_and_student(round, caller, number));
        let tags = [Tag::new("course", course), Tag::new("student", student)];
        async move { append_unique(&*store, tags, number).await }
    })
}

/// Hands every page of the log to `each`; returns how many events there were.
pub(crate) async fn read_all(
    store: &impl EventStore,
    mut each: impl FnMut(&[RecordedEvent]) -> Result<(), Failure>,
) -> Result<usize, Failure> {
    let mut pages = Pages::new(store, Query::all(), ReadOptions::default());
    let mut events = 0;
    while let Some(page) = pages.next().await? {
        events += page.len();
        each(&page)?;
    }
    Ok(events)
}
