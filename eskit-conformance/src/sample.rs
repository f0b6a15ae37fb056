//! Short ways to write events, conditions and queries, and to look at a log.

use eskit_runtime::log::{
    Append, AppendError, Appended, Condition, Conflict, Direction, ExpectedVersion, NewEvent, Part, Position, Query,
    QueryItem, ReadOptions, StreamId, Tag, Tags,
};
use eskit_runtime::{AnyStore, EventStore, RecordedEvent};

use crate::failure::{Failure, Outcome, ensure};
use crate::model;

pub(crate) fn plain(name: &str) -> NewEvent {
    NewEvent::json(name, format!(r#"{{"name":"{name}"}}"#))
}

pub(crate) fn stream(id: &str) -> StreamId {
    StreamId::new("account", id)
}

pub(crate) fn on(stream: StreamId, name: &str) -> NewEvent {
    plain(name).with_stream(stream)
}

pub(crate) fn tags(tags: &[(&str, &str)]) -> Tags {
    tags.iter().map(|(key, value)| Tag::new(key, value)).collect()
}

pub(crate) fn tagged(name: &str, all: &[(&str, &str)]) -> NewEvent {
    plain(name).with_tags(tags(all))
}

pub(crate) fn one(event: NewEvent) -> Append {
    Append::new(vec![event])
}

pub(crate) fn with_tags(all: &[(&str, &str)]) -> QueryItem {
    QueryItem::tags(all.iter().map(|(key, value)| Tag::new(key, value)))
}

pub(crate) fn expect(stream: StreamId, expected: ExpectedVersion) -> Condition {
    Condition::Stream { stream, expected }
}

pub(crate) fn no_events(query: impl Into<Query>, after: Position) -> Condition {
    Condition::NoEvents { query: query.into(), after }
}

/// Appends, and returns the events as the log must hold them from now on. The answer is held to the contract.
pub(crate) async fn put(store: &AnyStore, append: Append) -> Result<Vec<RecordedEvent>, Failure> {
    let appended = store.append(append.clone()).await?;
    ensure!(!appended.repeated, "a first append was answered as a repeat: {appended:?}");
    check_answer(&append, &appended)?;
    Ok(recorded(&append, &appended))
}

/// Checks that an answer has one ascending position for each event, and a version where there is a stream.
pub(crate) fn check_answer(append: &Append, appended: &Appended) -> Outcome {
    let events = append.events.len();
    let counts = (appended.positions.len(), appended.versions.len());
    ensure!(counts == (events, events), "{events} events were answered with (positions, versions): {counts:?}");
    let ascend = appended.positions.windows(2).all(|pair| pair[0] < pair[1]) && appended.positions[0] > Position::START;
    ensure!(ascend, "the positions of one append do not ascend from 1: {:?}", appended.positions);
    let fit = append
        .events
        .iter()
        .zip(&appended.versions)
        .all(|(event, version)| event.stream.is_some() == version.is_some());
    ensure!(fit, "versions do not stand where there are streams: {:?}", appended.versions);
    Ok(())
}

/// Every event that matches, read page by page, each page held to the contract.
pub(crate) async fn read_all(
    store: &AnyStore,
    query: &Query,
    mut options: ReadOptions,
) -> Result<Vec<RecordedEvent>, Failure> {
    let mut all: Vec<RecordedEvent> = Vec::new();
    loop {
        let page = store.read(query, options).await?;
        let (held, limit) = (page.events.len(), options.page_len());
        ensure!(held <= limit, "a page of at most {limit} events held {held}");
        let last = page.events.last().map(|event| event.position);
        check_order(&page.events, all.last(), options.direction)?;
        all.extend(page.events);
        match last {
            Some(last) if page.more => options = options.following(last),
            None if page.more => {
                return Err(Failure::new("an empty page said that more events follow, but not behind which one"));
            }
            _ => return Ok(all),
        }
    }
}

/// Checks that a page continues after the last event of the page before it, in the direction of the read.
fn check_order(page: &[RecordedEvent], before: Option<&RecordedEvent>, direction: Direction) -> Outcome {
    let all: Vec<_> = before.into_iter().chain(page).map(|event| event.position).collect();
    let out_of_order = all.windows(2).find(|pair| match direction {
        Direction::Forward => pair[0] >= pair[1],
        Direction::Backward => pair[0] <= pair[1],
    });
    match out_of_order {
        Some(pair) => Err(Failure::new(format!("reading {direction:?}, position {} follows {}", pair[1], pair[0]))),
        None => Ok(()),
    }
}

/// The whole log.
pub(crate) async fn whole(store: &AnyStore) -> Result<Vec<RecordedEvent>, Failure> {
    read_all(store, &Query::all(), ReadOptions::default()).await
}

/// The conflict of an append that must not go through. The conflict is held to what the log says.
pub(crate) async fn refused(store: &AnyStore, append: Append) -> Result<Conflict, Failure> {
    let conditions = append.conditions.clone();
    let before = whole(store).await?;
    match store.append(append).await {
        Err(AppendError::Conflict(conflict)) => {
            check_conflict(&conflict, &conditions, &before)?;
            let after = whole(store).await?;
            ensure!(before == after, "a refused append changed the log from {before:?} to {after:?}");
            Ok(conflict)
        }
        other => Err(Failure::new(format!("{conditions:?} does not hold, but the append was answered with {other:?}"))),
    }
}

/// Checks that a conflict tells of one of the conditions, truly, and names the event that broke it.
pub(crate) fn check_conflict(conflict: &Conflict, conditions: &[Condition], log: &[RecordedEvent]) -> Outcome {
    let broken: Vec<_> = conditions.iter().filter_map(|c| model::conflict(log, c).map(|found| (c, found))).collect();
    let Some((condition, expected)) = broken.iter().find(|(_, expected)| expected.kind == conflict.kind) else {
        return Err(Failure::new(format!("the conflict `{conflict}` tells of none of what did not hold: {broken:?}")));
    };
    let (Some(named), Some(example)) = (&conflict.event, &expected.event) else {
        ensure!(
            conflict.event == expected.event,
            "the conflict `{conflict}` names {:?}, expected {:?}",
            conflict.event,
            expected.event
        );
        return Ok(());
    };
    let event = log.iter().find(|event| event.position == named.position);
    let breaks = match condition {
        Condition::Holds(_) => false,
        Condition::Stream { .. } => named.position == example.position,
        Condition::NoEvents { query, after } => {
            named.position > *after && event.is_some_and(|event| query.matches(event))
        }
    };
    ensure!(breaks, "the conflict `{conflict}` names an event that did not break it, unlike {example:?}");
    let name = event.map(|event| &event.name);
    ensure!(name == Some(&named.name), "the conflict `{conflict}` misnames the event: it is {name:?}");
    Ok(())
}

/// What the log must hold after an append that went through.
pub(crate) fn recorded(append: &Append, appended: &Appended) -> Vec<RecordedEvent> {
    let at = appended.positions.iter().zip(&appended.versions);
    let into = |((event, (position, version)), part): ((&NewEvent, (&Position, &Option<u64>)), Part)| {
        event.clone().into_recorded(*position, *version, part, appended.recorded_at)
    };
    append.events.iter().zip(at).zip(Part::all(append.events.len())).map(into).collect()
}

/// Positions, for messages that tell what was read.
pub(crate) fn positions(events: &[RecordedEvent]) -> Vec<u64> {
    events.iter().map(|event| event.position.get()).collect()
}
