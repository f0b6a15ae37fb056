//! The events before a command, and the streams in which its decider looks for them.

use std::fmt;
use std::time::Duration;

use eskit_runtime::__private::{load_checked, state_items};
use eskit_runtime::codec::EncodeError;
use eskit_runtime::log::limits::EVENTS_PER_APPEND_MAX;
use eskit_runtime::log::{Append, AppendError, NewEvent, QueryItem, StreamId, WireName};
use eskit_runtime::model::{AggregateType, Emit, Evolve, Key, LoadKey, ModelType};
use eskit_runtime::{EventStore, RecordedEvent, Timestamp};

use super::render::Content;
use super::unsealed::Unsealed;
use crate::block_on::block_on;

/// Encoded events in order.
#[derive(Clone, Default)]
pub(super) struct History {
    entries: Vec<Entry>,
    /// How many entries stand before the last batch.
    before_batch: usize,
}

#[derive(Clone)]
struct Entry {
    event: NewEvent,
    /// Whether the event keeps its stream, or its place outside every stream, whichever decider looks.
    placed: bool,
}

impl History {
    /// Adds a batch of events whose streams are not known yet.
    pub(super) fn push(&mut self, events: &impl Emit) -> Result<(), EncodeError> {
        self.push_encoded(NewEvent::encode(events)?);
        Ok(())
    }

    /// Adds a batch of encoded events; those without a stream may still get one.
    pub(super) fn push_encoded(&mut self, events: impl IntoIterator<Item = NewEvent>) {
        self.before_batch = self.entries.len();
        self.entries.extend(events.into_iter().map(|event| Entry { placed: event.stream.is_some(), event }));
    }

    /// Adds what a decider appended.
    pub(super) fn push_recorded(&mut self, events: &[RecordedEvent]) {
        self.before_batch = self.entries.len();
        self.entries.extend(events.iter().map(|event| Entry { event: unrecorded(event), placed: true }));
    }

    /// The events of the last batch.
    pub(super) fn last_batch(&mut self) -> impl Iterator<Item = &mut NewEvent> {
        self.entries[self.before_batch..].iter_mut().map(|entry| &mut entry.event)
    }

    /// Puts the events of the last batch into a stream.
    pub(super) fn place_last_batch(&mut self, stream: &StreamId) {
        for entry in &mut self.entries[self.before_batch..] {
            entry.event.stream = Some(stream.clone());
            entry.placed = true;
        }
    }

    /// Gives each event that has none the stream in which these models look for it: the one that its own tag names, or
    /// else the one that is read for the model that evolves it.
    pub(super) fn route(&mut self, items: &[(&ModelType, QueryItem)]) -> Result<(), String> {
        let homes: Vec<Home<'_>> = items
            .iter()
            .filter_map(|(model, item)| match model.aggregate.key {
                Key::Stream(name) => Some(Home {
                    name,
                    aggregate: model.aggregate,
                    events: model.events.names(),
                    stream: item.stream.as_ref()?,
                }),
                Key::Tags(_) | Key::All => None,
            })
            .collect();
        for entry in self.entries.iter_mut().filter(|entry| !entry.placed) {
            entry.event.stream = find_stream(&entry.event, &homes)?;
            entry.placed = entry.event.stream.is_some();
        }
        Ok(())
    }

    /// Gives each event that this aggregate evolves, and that has no stream, the one that its own tag names.
    pub(super) fn route_by_tag<A: Evolve>(&mut self) -> Result<(), String> {
        let Key::Stream(name) = A::TYPE.key else { return Ok(()) };
        let names = A::EVENTS.names();
        for Entry { event, placed } in self.entries.iter_mut().filter(|entry| !entry.placed) {
            if !names.iter().any(|evolved| event.name == *evolved) {
                continue;
            }
            let Some(id) = event.tags.values(name).next() else {
                return Err(format!(
                    "the given event `{}` is in no stream\nhelp: say in which with `.and_in(StreamId::of::<{}>(..), ..)`",
                    event.name,
                    A::TYPE.name
                ));
            };
            let stream = StreamId::new(WireName::from_static(name), id);
            (event.stream, *placed) = (Some(stream), true);
        }
        Ok(())
    }

    /// A store that holds these events, all of them in the past of `now`.
    pub(super) fn store(&self, now: Timestamp) -> Result<Unsealed, AppendError> {
        let store = Unsealed::new();
        let mut events: Vec<NewEvent> = self.entries.iter().map(|entry| entry.event.clone()).collect();
        set_missing_times(&mut events, now);
        let mut events = events.into_iter().peekable();
        while events.peek().is_some() {
            let batch = events.by_ref().take(EVENTS_PER_APPEND_MAX).collect();
            block_on(store.append(Append::new(batch)))?;
        }
        Ok(store)
    }

    /// Checks the state of one instance of an aggregate.
    #[track_caller]
    pub(super) fn check_state<A: Evolve>(&self, key: &impl LoadKey<A::Keys>, check: impl FnOnce(&A)) {
        match self.load::<A>(key) {
            Ok(state) => check(&state),
            Err(text) => panic!("{text}"),
        }
    }

    fn load<A: Evolve>(&self, key: &impl LoadKey<A::Keys>) -> Result<A, String> {
        let mut history = self.clone();
        history.route(&state_items::<A>(key)?)?;
        let store = history.store(Timestamp::now()).map_err(|error| error.to_string())?;
        let loaded = block_on(load_checked::<A, _, _, _>(&store, key, &())).map_err(|error| error.to_string())?;
        Ok(loaded.state)
    }
}

/// Gives each event without a time one: a second before the next event, the last one a second before `now`, but none before
/// an earlier event whose time was given.
fn set_missing_times(events: &mut [NewEvent], now: Timestamp) {
    let mut latest = None;
    let earliest: Vec<Option<Timestamp>> = events
        .iter()
        .map(|event| {
            latest = latest.max(event.recorded_at);
            latest
        })
        .collect();
    let mut next = now;
    for (event, earliest) in events.iter_mut().zip(earliest).rev() {
        let before_next = next - Duration::from_secs(1);
        let time = earliest.map_or(before_next, |earliest| before_next.max(earliest.min(next)));
        next = next.min(*event.recorded_at.get_or_insert(time));
    }
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.entries).finish()
    }
}

/// Name, version, tags and payload: what a reader of a failed test looks for.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", Content::from(&self.event), String::from_utf8_lossy(&self.event.payload))
    }
}

/// A stream that a model reads.
struct Home<'a> {
    name: &'static str,
    aggregate: &'static AggregateType,
    events: Vec<&'static str>,
    stream: &'a StreamId,
}

fn find_stream(event: &NewEvent, homes: &[Home<'_>]) -> Result<Option<StreamId>, String> {
    let is_evolved = |home: &&Home<'_>| home.events.iter().any(|name| event.name == *name);
    let by_tag = |home: &Home<'_>| {
        let id = event.tags.values(home.name).next()?;
        Some(StreamId::new(WireName::from_static(home.name), id))
    };
    // A model that does not evolve the event, but passes over such events, may still hold it in its stream.
    let passed_over = || homes.iter().filter(|home| home.aggregate.partial).find_map(by_tag);
    if let Some(stream) = homes.iter().filter(is_evolved).find_map(by_tag).or_else(passed_over) {
        return Ok(Some(stream));
    }
    let mut homes = homes.iter().filter(is_evolved);
    let Some(first) = homes.next() else { return Ok(None) };
    match homes.find(|home| home.stream != first.stream) {
        None => Ok(Some(first.stream.clone())),
        Some(second) => Err(format!(
            "the given event `{}` may belong to stream `{}` or to stream `{}`\nhelp: say which with \
             `.and_in(StreamId::of::<{}>(\"{}\"), ..)`",
            event.name,
            first.stream,
            second.stream,
            first.aggregate.name,
            first.stream.id()
        )),
    }
}

fn unrecorded(event: &RecordedEvent) -> NewEvent {
    NewEvent::json(event.name.clone(), event.payload.clone())
        .with_id(event.id)
        .with_stream(event.stream.as_ref().map(|at| at.stream.clone()))
        .with_schema_version(event.schema_version)
        .with_tags(event.tags.clone())
        .with_metadata(event.metadata.clone())
        .with_content_type(event.content_type.clone())
        .with_recorded_at(event.recorded_at)
}
