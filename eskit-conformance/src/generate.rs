//! Generated logs, queries and appends, and the runner that feeds them to a store.

use std::future::Future;

use eskit_runtime::RecordedEvent;
use eskit_runtime::log::{
    Append, Condition, Direction, EventId, ExpectedVersion, NewEvent, Position, Query, QueryItem, ReadOptions,
    StreamId, Tag,
};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::sample::{plain, tags};

/// Steps that proptest may take to make a failing input smaller. Each opens a store.
const SHRINK_STEPS_MAX: u32 = 256;

/// Runs `body` on generated inputs, one for each `cost` rounds; the smallest failing input that was found is told.
pub(crate) async fn check<T, F>(
    context: &Context,
    cost: u32,
    inputs: impl Strategy<Value = T> + Send + 'static,
    body: impl Fn(Context, T) -> F + Send + 'static,
) -> Outcome
where
    T: std::fmt::Debug + Send + 'static,
    F: Future<Output = Outcome>,
{
    let shared = context.clone();
    let handle = tokio::runtime::Handle::current();
    let cases = context.repeats(cost);
    let work = move || {
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&shared.seed().to_le_bytes());
        let config =
            Config { cases, failure_persistence: None, max_shrink_iters: SHRINK_STEPS_MAX, ..Config::default() };
        let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
        runner.run(&inputs, |input| {
            shared.count_seed();
            let outcome = handle.block_on(body(shared.clone(), input));
            outcome.map_err(|failure| TestCaseError::fail(failure.to_string()))
        })
    };
    match tokio::task::spawn_blocking(work).await? {
        Ok(()) => Ok(()),
        Err(TestError::Fail(reason, input)) => Err(Failure::new(format!("{reason}\n  input: {input:?}"))),
        Err(TestError::Abort(reason)) => Err(Failure::new(format!("no input could be generated: {reason}"))),
    }
}

const NAMES: [&str; 4] = ["campus.Defined", "campus.Enrolled", "campus.Left", "campus.enrolled"];
const TAGS: [(&str, &str); 7] = [
    ("course", "c1"),
    ("course", "c2"),
    ("course", "C1"),
    ("student", "s1"),
    ("student", "s2"),
    ("room", "r"),
    ("student", "c1"),
];
const STREAMS: [(&str, &str); 4] = [("seat", "1"), ("seat", "2"), ("desk", "1"), ("desk", "11")];

fn name() -> impl Strategy<Value = &'static str> {
    select(&NAMES[..])
}

fn some_tags(max: usize) -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    prop::collection::vec(select(&TAGS[..]), 0..=max)
}

/// Streams that events of generated logs may belong to.
pub(crate) fn stream() -> impl Strategy<Value = StreamId> {
    select(&STREAMS[..]).prop_map(|(of, id)| StreamId::new(of, id))
}

fn event() -> impl Strategy<Value = NewEvent> {
    // Ids of version 4 come in no order, unlike those that are made while a program runs.
    (name(), some_tags(4), prop::option::of(stream()), prop::option::weighted(0.3, any::<[u8; 16]>().no_shrink()))
        .prop_map(|(name, all, stream, id)| {
            let id = id.map_or_else(EventId::new, EventId::from_bytes);
            plain(name).with_id(id).with_stream(stream).with_tags(tags(&all))
        })
}

/// The events of a log, in appends.
pub(crate) fn appends() -> impl Strategy<Value = Vec<Vec<NewEvent>>> {
    prop::collection::vec(prop::collection::vec(event(), 1..4), 0..20)
}

/// A kind of query item: which of its parts are set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Kind {
    pub(crate) types: bool,
    pub(crate) tags: bool,
    pub(crate) stream: bool,
    pub(crate) stream_type: bool,
    pub(crate) ids: bool,
}

impl Kind {
    pub(crate) const NONE: Kind = Kind { types: false, tags: false, stream: false, stream_type: false, ids: false };
}

/// A query item that may still refer to events by their index in the log.
#[derive(Clone, Debug)]
pub(crate) struct ItemPlan {
    item: QueryItem,
    /// Places in the log, as parts of 2^16 of its length; `None` in it stands for an id that is not in the log.
    ids: Vec<Option<u16>>,
}

impl ItemPlan {
    /// These items, all of the stream of the first.
    pub(crate) fn of_one_stream(mut items: Vec<ItemPlan>) -> Vec<ItemPlan> {
        let stream = items.first().and_then(|plan| plan.item.stream.clone());
        items.iter_mut().for_each(|plan| plan.item.stream.clone_from(&stream));
        items
    }

    fn against(self, log: &[RecordedEvent]) -> QueryItem {
        let mut item = self.item;
        let id = |place: Option<u16>| {
            place
                .and_then(|place| log.get((usize::from(place) * log.len()) >> 16))
                .map_or_else(EventId::new, |event| event.id)
        };
        item.ids.extend(self.ids.into_iter().map(id));
        item
    }
}

/// Items of one kind.
pub(crate) fn items(kind: Kind) -> impl Strategy<Value = ItemPlan> {
    let count = |is_set: bool, max: usize| if is_set { 1..=max } else { 0..=0 };
    (
        prop::collection::vec(name(), count(kind.types, 3)),
        prop::collection::vec(select(&TAGS[..]), count(kind.tags, 3)),
        stream(),
        stream(),
        prop::collection::vec(prop::option::weighted(0.9, any::<u16>()), count(kind.ids, 5)),
    )
        .prop_map(move |(types, tags, stream, of_type, ids)| {
            let mut item = QueryItem::types(types);
            item.tags = tags.into_iter().map(|(key, value)| Tag::new(key, value)).collect();
            item.stream = kind.stream.then_some(stream);
            item.stream_type = kind.stream_type.then(|| of_type.stream_type().into());
            ItemPlan { item, ids }
        })
}

/// Items of any kind.
pub(crate) fn any_item() -> impl Strategy<Value = ItemPlan> {
    any::<[bool; 5]>()
        .prop_map(|[types, tags, stream, stream_type, ids]| Kind {
            types,
            tags,
            stream,
            stream_type,
            ids: ids && !types,
        })
        .prop_flat_map(items)
}

/// A read whose positions are parts of the log; its versions count only where its query is of one stream.
#[derive(Clone, Debug)]
pub(crate) struct ReadPlan {
    items: Vec<ItemPlan>,
    after: Option<u16>,
    until: Option<u16>,
    from_version: Option<u64>,
    to_version: Option<u64>,
    is_backward: bool,
    limit: usize,
}

/// Reads of queries with these items.
pub(crate) fn reads(items: impl Strategy<Value = Vec<ItemPlan>>) -> impl Strategy<Value = ReadPlan> {
    let place = || prop::option::of(any::<u16>());
    let version = || prop::option::of(0..12_u64);
    let limit = prop_oneof![1..8_usize, Just(1000)];
    (items, place(), place(), version(), version(), any::<bool>(), limit).prop_map(
        |(items, after, until, from_version, to_version, is_backward, limit)| ReadPlan {
            items,
            after,
            until,
            from_version,
            to_version,
            is_backward,
            limit,
        },
    )
}

/// The position at a part of a log; `START` for the first part.
fn position(place: u16, log: &[RecordedEvent]) -> Position {
    match (usize::from(place) * (log.len() + 1)) >> 16 {
        0 => Position::START,
        count => log[count - 1].position,
    }
}

impl ReadPlan {
    /// The read, with places made positions.
    pub(crate) fn against(self, log: &[RecordedEvent]) -> (Query, ReadOptions) {
        let mut options = ReadOptions::default().limit(self.limit);
        options.after = self.after.map_or(Position::START, |place| position(place, log));
        options.until = self.until.map(|place| position(place, log));
        options.direction = if self.is_backward { Direction::Backward } else { Direction::Forward };
        let query = Query::any_of(self.items.into_iter().map(|item| item.against(log)));
        if query.only_stream().is_some() {
            (options.from_version, options.to_version) = (self.from_version, self.to_version);
        }
        (query, options)
    }
}

/// An append whose conditions are about the log as it is when the append is made.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    events: Vec<NewEvent>,
    conditions: Vec<ConditionPlan>,
}

#[derive(Clone, Debug)]
enum ConditionPlan {
    /// The stream is as far from its version as this says; 0 holds.
    Stream(StreamId, u64),
    NoStream(StreamId),
    Any(StreamId),
    /// Nothing behind the part of the log.
    Query(Vec<ItemPlan>, u16),
}

impl ConditionPlan {
    fn against(self, log: &[RecordedEvent]) -> Condition {
        let (stream, expected) = match self {
            ConditionPlan::Stream(stream, off) => {
                let version = crate::model::version(log, &stream) + off;
                (stream, ExpectedVersion::Exact(version))
            }
            ConditionPlan::NoStream(stream) => (stream, ExpectedVersion::NoStream),
            ConditionPlan::Any(stream) => (stream, ExpectedVersion::Any),
            ConditionPlan::Query(items, after) => {
                let query = Query::any_of(items.into_iter().map(|item| item.against(log)));
                return Condition::NoEvents { query, after: position(after, log) };
            }
        };
        Condition::Stream { stream, expected }
    }
}

impl Plan {
    /// The append, with places made positions.
    pub(crate) fn against(self, log: &[RecordedEvent]) -> Append {
        let conditions = self.conditions.into_iter().map(|condition| condition.against(log)).collect();
        Append { events: self.events, conditions }
    }
}

fn condition() -> impl Strategy<Value = ConditionPlan> {
    // Near the end of the log, so that about half of all queries hold.
    let near = prop_oneof![Just(u16::MAX), 50_000..=u16::MAX, any::<u16>()];
    prop_oneof![
        3 => (stream(), prop_oneof![4 => Just(0), 1 => 1..3_u64]).prop_map(|(stream, off)| ConditionPlan::Stream(stream, off)),
        1 => stream().prop_map(ConditionPlan::NoStream),
        1 => stream().prop_map(ConditionPlan::Any),
        5 => (prop::collection::vec(any_item(), 1..3), near).prop_map(|(items, after)| ConditionPlan::Query(items, after)),
    ]
}

/// Appends, one after the other.
pub(crate) fn plans() -> impl Strategy<Value = Vec<Plan>> {
    let plan = (prop::collection::vec(event(), 1..4), prop::collection::vec(condition(), 0..3));
    prop::collection::vec(plan.prop_map(|(events, conditions)| Plan { events, conditions }), 1..30)
}
