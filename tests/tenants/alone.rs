//! Random histories of several tenants, one call after another on one log: to each the log says what a log of its own says, but for
//! positions.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use eskit::log::{
    Append, Condition, EventId, ExpectedVersion, ListStreams, NewEvent, Position, Query, QueryItem, ReadOptions,
    StreamChange, StreamId, Tag,
};
use eskit::postgres::PostgresStore;
use eskit::tenant::{TenantId, Tenanted};
use eskit::{EventStore, MemoryStore, RecordedEvent};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

/// What a tenant does.
#[derive(Clone, Debug)]
enum Call {
    Append { stream: Option<u8>, tag: u8, id: Option<u8>, expected: Option<u64>, unless: Option<(u8, usize)> },
    Read { query: u8, after: usize, backward: bool, limit: usize },
    Change { stream: u8, change: u8 },
    List { after: Option<u8>, limit: usize },
    Info { stream: u8 },
}

fn call() -> impl Strategy<Value = Call> {
    let append = (
        prop::option::of(0..3_u8),
        0..3_u8,
        prop::option::weighted(0.2, 0..4_u8),
        prop::option::weighted(0.3, 0..4_u64),
        prop::option::weighted(0.3, (0..3_u8, 0..8_usize)),
    );
    prop_oneof![
        6 => append.prop_map(|(stream, tag, id, expected, unless)| Call::Append { stream, tag, id, expected, unless }),
        4 => (0..8_u8, 0..8_usize, any::<bool>(), 1..6_usize)
            .prop_map(|(query, after, backward, limit)| Call::Read { query, after, backward, limit }),
        1 => (0..3_u8, 0..4_u8).prop_map(|(stream, change)| Call::Change { stream, change }),
        1 => (prop::option::of(0..3_u8), 1..4_usize).prop_map(|(after, limit)| Call::List { after, limit }),
        1 => (0..3_u8).prop_map(|stream| Call::Info { stream }),
    ]
}

fn stream(number: u8) -> StreamId {
    StreamId::new("account", format!("a{number}"))
}

fn tag(number: u8) -> Tag {
    Tag::new("course", format!("c{number}"))
}

/// A tenant's own log beside its part of the shared one. Positions differ: each has those of its events, in order.
struct Pair<S> {
    shared: S,
    own: MemoryStore,
    shared_positions: Vec<Position>,
    own_positions: Vec<Position>,
    appended: u64,
}

impl<S: EventStore> Pair<S> {
    /// Makes a call on a log, and says what came of it, with each position as its number among the tenant's events.
    async fn run(&self, store: &impl EventStore, positions: &[Position], call: &Call) -> String {
        let at =
            |index: usize| index.checked_sub(1).and_then(|index| positions.get(index)).copied().unwrap_or_default();
        let number = |position: Position| positions.iter().position(|known| *known == position);
        match call.clone() {
            Call::Append { stream: name, tag: number, id, expected, unless } => {
                let key = id.map_or_else(|| format!("new/{}", self.appended), |id| format!("key/{id}"));
                let mut event = NewEvent::json("x.Y", "{}").with_id(EventId::from_key(&key, 0));
                event.stream = name.map(stream);
                event.tags.push("course", format!("c{number}"));
                let mut append = Append::new(vec![event]);
                if let (Some(expected), Some(name)) = (expected, name) {
                    let expected = ExpectedVersion::Exact(expected);
                    append = append.with(Condition::Stream { stream: stream(name), expected });
                }
                if let Some((unless, after)) = unless {
                    let query = Query::from(QueryItem::tags([tag(unless)]));
                    append = append.with(Condition::NoEvents { query, after: at(after) });
                }
                match store.append(append).await {
                    Ok(appended) => format!("{:?} {}", appended.versions, appended.repeated),
                    Err(error) => error.name().to_owned(),
                }
            }
            Call::Read { query, after, backward, limit } => {
                let query = match query {
                    0 => Query::all(),
                    1..4 => Query::from(QueryItem::tags([tag(query - 1)])),
                    4..6 => Query::stream(stream(query - 4)),
                    6 => Query::from(QueryItem::stream_type("account")).or(QueryItem::tags([tag(0)])),
                    _ => Query::from(QueryItem::ids([EventId::from_key("key/1", 0), EventId::from_key("new/0", 0)])),
                };
                let options = ReadOptions::default().limit(limit).after(at(after));
                let page = store.read(&query, if backward { options.backward() } else { options }).await.unwrap();
                let seen = |event: &RecordedEvent| {
                    let RecordedEvent { id, stream, tags, part, metadata, payload, .. } = event;
                    format!("{:?} {id} {stream:?} {tags:?} {part:?} {metadata:?} {payload:?}", number(event.position))
                };
                format!("{:?} {}", page.events.iter().map(seen).collect::<Vec<_>>(), page.more)
            }
            Call::Change { stream: name, change } => {
                let change = match change {
                    0 => StreamChange::Archive,
                    1 => StreamChange::Restore,
                    2 => StreamChange::tombstone("ended"),
                    _ => StreamChange::delete("gone"),
                };
                said(store.change_stream(&stream(name), change).await.map(|status| status.is_open()))
            }
            Call::List { after, limit } => {
                let list = ListStreams::of_type("account").limit(limit);
                let list = after.map_or(list.clone(), |after| list.after(format!("a{after}")));
                let page = store.list_streams(&list).await.unwrap();
                let seen = page.streams.iter().map(|listed| format!("{} {}", listed.stream, listed.info.version));
                format!("{:?} {}", seen.collect::<Vec<_>>(), page.more)
            }
            Call::Info { stream: name } => {
                let info = store.stream_info(&stream(name)).await.unwrap();
                format!("{} {}", info.version, info.status.is_open())
            }
        }
    }

    async fn check(&mut self, call: &Call) {
        let shared = self.run(&self.shared, &self.shared_positions, call).await;
        let own = self.run(&self.own, &self.own_positions, call).await;
        assert_eq!(shared, own, "{call:?}");
        if matches!(call, Call::Append { .. }) {
            self.appended += 1;
            note_head(&self.shared, &mut self.shared_positions).await;
            note_head(&self.own, &mut self.own_positions).await;
        }
    }
}

fn said<T: Debug, E: std::fmt::Display>(result: Result<T, E>) -> String {
    result.map_or_else(
        |error| error.to_string().chars().filter(|letter| letter.is_alphabetic()).collect(),
        |ok| format!("{ok:?}"),
    )
}

/// Notes the position of an event that was appended just now. Only this tenant appended since, so it is at the head.
async fn note_head(store: &impl EventStore, positions: &mut Vec<Position>) {
    let page = store.read(&Query::all(), ReadOptions::default().backward().limit(1)).await.unwrap();
    let head = page.events.first().map(|event| event.position);
    if let Some(head) = head.filter(|head| positions.last().is_none_or(|last| last < head)) {
        positions.push(head);
    }
}

/// What the tenants do, each beside a log of its own. One id is the beginning of another.
async fn check<S: EventStore + Clone>(shared: S, ids: [String; 3], calls: &[(usize, Call)]) {
    let mut pairs: HashMap<usize, Pair<Tenanted<S>>> = HashMap::new();
    for (index, call) in calls {
        let pair = pairs.entry(*index).or_insert_with(|| Pair {
            shared: Tenanted::new(shared.clone(), TenantId::new(&*ids[*index]).unwrap()),
            own: MemoryStore::new(),
            shared_positions: Vec::new(),
            own_positions: Vec::new(),
            appended: 0,
        });
        pair.check(call).await;
    }
}

fn histories() -> impl Strategy<Value = Vec<(usize, Call)>> {
    prop::collection::vec((0..3_usize, call()), 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn each_tenant_sees_what_it_would_see_alone(calls in histories()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let ids = ["a", "a-b", "ab"].map(str::to_owned);
        runtime.block_on(check(Arc::new(MemoryStore::new()), ids, &calls));
    }
}

/// All histories in one log, each with tenants of its own among those of all others.
#[test]
fn each_tenant_sees_what_it_would_see_alone_in_postgres() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let open = async {
        let database = eskit_postgres::testing::database().await.unwrap()?;
        let store = PostgresStore::options().migrate(true).connect(database.dsn()).await.unwrap();
        Some((database, store))
    };
    let Some((_database, store)) = runtime.block_on(open) else {
        eprintln!("skipped: there are no PostgreSQL binaries");
        return;
    };
    let case = AtomicU32::new(0);
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() });
    let found = runner.run(&histories(), |calls| {
        let number = case.fetch_add(1, Ordering::Relaxed);
        let ids = ["a", "a-b", "ab"].map(|id| format!("c{number}{id}"));
        runtime.block_on(check(store.clone(), ids, &calls));
        Ok(())
    });
    found.unwrap();
}
