use eskit_runtime::Timestamp;
use eskit_runtime::log::{NewEvent, StreamId};
use sqlx::types::Uuid;

use crate::append::condition::Conditions;
use crate::append::known::Known;
use crate::append::one::One;
use crate::append::streams::Streams;
use crate::sql::arrays::number;
use crate::sql::call::Call;
use crate::sql::statements::Statements;
use eskit_runtime::store_kit::{EncodedAppend, Overlaps};

/// Pairs of appends, of which one could hang on the other, that one batch takes in.
const OVERLAPS_MAX: usize = 2000;

/// Appends that are checked and written together, as the arrays of one call. Numbers that the database sees count from 1.
pub(crate) struct Batch<'r> {
    pub(crate) appends: Vec<&'r EncodedAppend>,
    pub(crate) streams: Streams<'r>,
    pub(crate) conditions: Conditions<'r>,
    /// The time of events that bring none of their own.
    pub(crate) now: Timestamp,
    events: Events<'r>,
    tags: TagRows<'r>,
    later: Vec<i32>,
    earlier: Vec<i32>,
}

#[derive(Default)]
struct Events<'r> {
    append: Vec<i32>,
    offset: Vec<i64>,
    id: Vec<Uuid>,
    name: Vec<&'r str>,
    stream_type: Vec<Option<&'r str>>,
    stream_id: Vec<Option<&'r str>>,
    stream: Vec<i32>,
    nth: Vec<i64>,
    part: Vec<i32>,
    recorded_at: Vec<i64>,
    envelope: Vec<&'r [u8]>,
    payload: Vec<&'r [u8]>,
}

#[derive(Default)]
struct TagRows<'r> {
    event: Vec<i32>,
    tag: Vec<&'r str>,
    name: Vec<&'r str>,
}

impl Events<'_> {
    fn give(&self, call: Call) -> Call {
        call.with("e_append", &self.append)
            .with("e_offset", &self.offset)
            .with("e_id", &self.id)
            .with("e_type", &self.name)
            .with("e_stream_type", &self.stream_type)
            .with("e_stream_id", &self.stream_id)
            .with("e_stream", &self.stream)
            .with("e_nth", &self.nth)
            .with("e_part", &self.part)
            .with("e_recorded_at", &self.recorded_at)
            .with("e_envelope", &self.envelope)
            .with("e_payload", &self.payload)
            .with("lowest_id", self.id.iter().min())
    }
}

impl TagRows<'_> {
    fn give(&self, call: Call) -> Call {
        call.with("t_event", &self.event).with("t_tag", &self.tag).with("t_type", &self.name)
    }
}

impl<'r> Batch<'r> {
    /// The batch of these appends, or of the first ones, where too many hang together.
    pub(crate) fn new(appends: impl ExactSizeIterator<Item = &'r mut EncodedAppend>) -> Batch<'r> {
        let mut batch = Batch {
            appends: Vec::with_capacity(appends.len()),
            streams: Streams::default(),
            conditions: Conditions::default(),
            now: Timestamp::now(),
            events: Events::default(),
            tags: TagRows::default(),
            later: Vec::new(),
            earlier: Vec::new(),
        };
        let is_alone = appends.len() == 1;
        let mut overlaps = Overlaps::default();
        for encoded in appends {
            encoded.stamp(batch.now);
            let encoded = &*encoded;
            if !is_alone {
                let earlier = overlaps.of(&encoded.append);
                if batch.later.len() + earlier.len() > OVERLAPS_MAX {
                    break;
                }
                batch.earlier.extend(earlier.iter().map(|append| number(append + 1)));
                batch.later.resize(batch.earlier.len(), number(batch.appends.len() + 1));
                overlaps.add(batch.appends.len(), &encoded.append);
            }
            batch.push(encoded);
        }
        batch
    }

    fn push(&mut self, encoded: &'r EncodedAppend) {
        self.appends.push(encoded);
        let append = number(self.appends.len());
        for (part, (event, envelope)) in encoded.append.events.iter().zip(&encoded.envelopes).enumerate() {
            self.push_event(append, part, event, envelope);
        }
        for condition in &encoded.append.conditions {
            self.conditions.add(append, condition, &mut self.streams);
        }
    }

    fn push_event(&mut self, append: i32, part: usize, event: &'r NewEvent, envelope: &'r [u8]) {
        let name = event.name.as_str();
        let events = &mut self.events;
        events.append.push(append);
        let place = number(events.append.len());
        events.offset.push(place.into());
        events.id.push(event.id.as_uuid());
        events.name.push(name);
        let (stream, nth) = event.stream.as_ref().map_or((0, 0), |stream| self.streams.add_event(stream));
        events.stream.push(stream);
        events.nth.push(nth);
        events.stream_type.push(event.stream.as_ref().map(StreamId::stream_type));
        events.stream_id.push(event.stream.as_ref().map(StreamId::id));
        events.part.push(number(part));
        events.recorded_at.push(event.recorded_at.unwrap_or(self.now).as_micros());
        events.envelope.push(envelope);
        events.payload.push(&event.payload);
        for tag in event.tags.iter() {
            self.tags.event.push(place);
            self.tags.tag.push(tag.as_str());
            self.tags.name.push(name);
        }
    }

    /// The event of the one append, if there is no more to it than [`One`] can check.
    pub(crate) fn one(&self) -> Option<One<'_>> {
        let ([encoded], [envelope]) = (self.appends.as_slice(), self.events.envelope.as_slice()) else { return None };
        let [event] = encoded.append.events.as_slice() else { return None };
        let Conditions { versions, places, any, types, others, .. } = &self.conditions;
        let is_plain = matches!(places.id.as_slice(), [] | [Some(_)])
            && any.condition.is_empty()
            && types.condition.is_empty()
            && others.condition.is_empty();
        // Each stream that a condition names is one of the batch.
        let names_others = self.streams.len() > usize::from(event.stream.is_some());
        (is_plain && !names_others && versions.condition.len() <= 1).then(|| One {
            event,
            conditions: &self.conditions,
            recorded_at: event.recorded_at.unwrap_or(self.now),
            envelope,
        })
    }

    /// The call that checks and writes the batch.
    pub(crate) fn call(&self, statements: &Statements, wait_ms: Option<i32>, known: &Known) -> Call {
        let call = Call::of(&statements.append).with("wait_ms", wait_ms).with("in_log", statements.log());
        let call = self.tags.give(self.events.give(call));
        let call = self.streams.give(call).with("s_known", known.versions(&self.streams));
        let call = call.with("known_head", known.head()).with("known_id", known.last());
        self.conditions.give(call).with("d_append", &self.later).with("d_on", &self.earlier)
    }
}

#[cfg(test)]
mod tests {
    use eskit_runtime::log::{Append, NewEvent};

    use super::*;
    use crate::sql::migrations::PayloadType;
    use crate::sql::names::Names;

    #[test]
    fn a_call_gives_each_parameter() {
        let mut encoded = EncodedAppend::new(Append::new(vec![NewEvent::json("e", "{}")])).unwrap();
        let batch = Batch::new(std::iter::once(&mut encoded));
        let statements = Statements::new(&Names::new("eskit", "").unwrap(), PayloadType::Bytea, Uuid::nil());
        let migration = include_str!("../../migrations/0004_append.sql");
        batch.call(&statements, None, &Known::default()).assert_complete(migration);
        let migration = include_str!("../../migrations/0005_append_one.sql");
        batch.one().unwrap().call(&statements, None).assert_complete(migration);
    }
}
