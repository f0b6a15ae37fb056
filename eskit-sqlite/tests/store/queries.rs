//! Every query shape, against a naive filter over all events.

use std::sync::OnceLock;

use crate::support::*;
use eskit_runtime::log::{
    Append, AppendError, EventId, NewEvent, Position, Query, QueryItem, ReadOptions, StreamId, Tag, Tags,
};
use eskit_runtime::{EventStore, Metadata, RecordedEvent};
use eskit_sqlite::SqliteStore;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tokio::runtime::Runtime;

const NAMES: [&str; 4] = ["shop.Placed", "shop.Paid", "shop.Sent", "shop.Missing"];
const KEYS: [&str; 3] = ["order", "customer", "region"];
const VALUES: [&str; 5] = ["1", "2", "ü'%_\"", "a:b", "-- ;"];
const STREAM_TYPES: [&str; 3] = ["order", "cart", "orde"];

fn tags() -> impl Strategy<Value = Vec<Tag>> {
    let tag = (0..KEYS.len(), 0..VALUES.len()).prop_map(|(key, value)| Tag::new(KEYS[key], VALUES[value]));
    prop::collection::vec(tag, 0..4)
}

fn stream_id() -> impl Strategy<Value = StreamId> {
    (0..STREAM_TYPES.len(), 0..4_u8).prop_map(|(kind, id)| StreamId::new(STREAM_TYPES[kind], id.to_string()))
}

fn event() -> impl Strategy<Value = NewEvent> {
    (0..3_usize, tags(), prop::option::of(stream_id()), any::<[u8; 16]>()).prop_map(|(name, tags, stream, id)| {
        plain(NAMES[name])
            .with_id(EventId::from_bytes(id))
            .with_tags(tags.into_iter().collect::<Tags>())
            .with_stream(stream)
            .with_metadata(if name == 1 { Metadata::new().with("k", "v") } else { Metadata::new() })
    })
}

/// The parts of an item; ids are picked from the log by index.
type ItemParts = (Vec<usize>, Vec<Tag>, Option<StreamId>, Option<usize>, Vec<usize>);

fn item() -> impl Strategy<Value = ItemParts> {
    let rarely = |strategy| prop::option::weighted(0.2, strategy);
    (
        prop::collection::vec(0..NAMES.len(), 0..3),
        tags(),
        prop::option::weighted(0.3, stream_id()),
        rarely(0..STREAM_TYPES.len()),
        rarely(0..200_usize).prop_map(|id| id.into_iter().flat_map(|id| [id, id / 2]).collect()),
    )
}

fn query(parts: &[ItemParts], log: &[RecordedEvent]) -> Query {
    Query::any_of(parts.iter().map(|(names, tags, stream, stream_type, ids)| {
        let mut item = QueryItem::types(names.iter().map(|name| NAMES[*name]));
        item.tags = tags.clone();
        item.stream = stream.clone();
        item.stream_type = stream_type.map(|kind| STREAM_TYPES[kind].into());
        item.ids = ids.iter().map(|id| log[*id % log.len()].id).collect();
        item
    }))
}

/// A store of 200 random events, always the same ones: three quarters of them settled.
fn log() -> &'static (Runtime, SqliteStore, Vec<RecordedEvent>, Folder) {
    static LOG: OnceLock<(Runtime, SqliteStore, Vec<RecordedEvent>, Folder)> = OnceLock::new();
    LOG.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap();
        let folder = Folder::new("queries");
        let (store, events) = runtime.block_on(async {
            let store = SqliteStore::options().settle_after(150).open(folder.file("log.db")).await.unwrap();
            let mut runner = runner(1);
            for _ in 0..50 {
                let events = prop::collection::vec(event(), 4).new_tree(&mut runner).unwrap().current();
                store.append(Append::new(events)).await.unwrap();
            }
            let events = everything(&store).await;
            (store, events)
        });
        (runtime, store, events, folder)
    })
}

fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

fn naive(log: &[RecordedEvent], query: &Query, options: &ReadOptions) -> Vec<RecordedEvent> {
    let inside = |event: &&RecordedEvent| {
        event.position > options.after
            && options.until.is_none_or(|until| event.position <= until)
            && query.matches(event)
    };
    let mut found: Vec<_> = log.iter().filter(inside).cloned().collect();
    if options.direction == eskit_runtime::log::Direction::Backward {
        found.reverse();
    }
    found
}

#[test]
fn reads_return_what_a_naive_filter_returns() {
    let (runtime, store, log, _) = log();
    assert_eq!(numbers(log), (1..=200).collect::<Vec<_>>());
    let parts = prop::collection::vec(item(), 0..4);
    let range = (prop::option::of(0..210_u64), prop::option::of(0..210_u64), any::<bool>(), 1..60_usize);
    let result = runner(3000).run(&(parts, range), |(parts, (after, until, backward, limit))| {
        let query = query(&parts, log);
        let mut options = ReadOptions::default().limit(limit);
        options.after = Position::new(after.unwrap_or_default());
        options.until = until.map(Position::new);
        if backward {
            options = options.backward();
        }
        let expected = naive(log, &query, &options);
        let page = runtime.block_on(store.read(&query, options)).unwrap();
        prop_assert_eq!(&page.events[..], &expected[..limit.min(expected.len())]);
        prop_assert_eq!(page.more, expected.len() > limit);
        let all = runtime.block_on(all_of(store, &query, options));
        prop_assert_eq!(numbers(&all), numbers(&expected));
        Ok(())
    });
    result.unwrap();
}

#[test]
fn conditions_fail_exactly_when_a_naive_filter_finds_something() {
    let (runtime, store, log, _) = log();
    let result = runner(2000).run(&(prop::collection::vec(item(), 0..4), 0..210_u64), |(parts, after)| {
        let query = query(&parts, log);
        let newest = naive(log, &query, &ReadOptions::default().after(Position::new(after))).pop();
        // A second condition that never holds keeps the log as it is.
        let append = one(plain("x")).with(no_events(query, after)).with(at_version(stream("none"), 9));
        match (runtime.block_on(store.append(append)), newest) {
            (Err(AppendError::Conflict(conflict)), None) => prop_assert_eq!(conflict.event, None),
            (Err(AppendError::Conflict(conflict)), Some(newest)) => {
                let event = conflict.event.unwrap();
                prop_assert_eq!((event.position, event.name), (newest.position, newest.name));
            }
            (other, _) => prop_assert!(false, "{other:?}"),
        }
        Ok(())
    });
    result.unwrap();
}

/// A tag on many events and one on few: the page is right whichever stands first, and whatever their order.
#[tokio::test]
async fn tags_in_and_find_the_few_among_the_many() {
    let folder = Folder::new("and");
    let store = SqliteStore::open(folder.file("log.db")).await.unwrap();
    let events = (0..3000).map(|number| {
        let rare = if number % 1000 == 7 { "yes" } else { "no" };
        tagged(NAMES[number % 3], &[("all", "x"), ("rare", rare), ("half", if number % 2 == 0 { "0" } else { "1" })])
    });
    store.append(Append::new(events.collect())).await.unwrap();
    let (all, rare) = (Tag::new("all", "x"), Tag::new("rare", "yes"));
    for tags in [vec![all.clone(), rare.clone()], vec![rare.clone(), all.clone(), all.clone()]] {
        let found = store.read(&QueryItem::tags(tags).into(), ReadOptions::default()).await.unwrap();
        assert_eq!(numbers(&found.events), [8, 1008, 2008]);
    }
    let never = Query::from(QueryItem::tags([all.clone(), Tag::new("half", "0"), Tag::new("half", "1")]));
    assert_eq!(store.read(&never, ReadOptions::default()).await.unwrap().events, []);
    let half = Query::from(QueryItem::tags([all, Tag::new("half", "1")]).with_types([NAMES[0], NAMES[1]]));
    assert_eq!(all_of(&store, &half, ReadOptions::default().limit(10)).await.len(), 1000);
}
