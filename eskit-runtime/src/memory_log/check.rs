//! Whether a log takes an append.

use crate::log::append::{Append, AppendError, Appended, Condition, Conflict, ConflictEvent, ConflictKind};
use crate::log::lifecycle::{StreamChange, StreamClosed, StreamError, StreamInfo};
use crate::log::new_event::NewEvent;
use crate::log::position::Position;
use crate::log::query::ReadOptions;
use crate::log::store::error::StoreError;
use crate::log::stream::StreamId;
use crate::log::time::Timestamp;
use crate::memory_log::log::MemoryLog;
use crate::transfer::{Entry, StreamRecord};

impl MemoryLog {
    /// Checks everything about an append that depends on the log: its ids, whether the log is sealed, the statuses of its streams, and
    /// its conditions. Returns the answer if it repeats an earlier append. Limits are checked before, with
    /// [`check_append`](crate::log::limits::check_append).
    ///
    /// # Errors
    /// As [`EventStore::append`](crate::EventStore::append).
    pub fn check(&self, append: &Append) -> Result<Option<Appended>, AppendError> {
        if let Some(repeated) = self.find_repeat(&append.events)? {
            return Ok(Some(repeated));
        }
        self.check_unsealed()?;
        self.check_open(&append.events)?;
        append.conditions.iter().try_for_each(|condition| self.check_condition(condition))?;
        Ok(None)
    }

    /// Fails if the log is sealed.
    ///
    /// # Errors
    /// [`Sealed`](crate::log::StoreErrorKind::Sealed).
    pub fn check_unsealed(&self) -> Result<(), StoreError> {
        self.sealed_at.map_or(Ok(()), |since| Err(StoreError::sealed(since)))
    }

    /// What a change makes of a stream. Nothing is changed: for that, there is [`MemoryLog::set_stream`].
    ///
    /// # Errors
    /// As [`EventStore::change_stream`](crate::EventStore::change_stream).
    pub fn changed_stream(
        &self,
        stream: &StreamId,
        change: &StreamChange,
        now: Timestamp,
    ) -> Result<StreamRecord, StreamError> {
        self.check_unsealed()?;
        let StreamInfo { version, status, .. } = self.stream_info(stream);
        if version == 0 {
            return Err(StreamError::NotFound { stream: stream.clone() });
        }
        let Some(next) = status.after(change, now) else {
            return Err(StreamError::Refused { stream: stream.clone(), status, change: change.name() });
        };
        Ok(StreamRecord::new(stream.clone(), version, next))
    }

    /// The answer to an append whose ids are those of one earlier append, in its order, none more and none less.
    fn find_repeat(&self, events: &[NewEvent]) -> Result<Option<Appended>, AppendError> {
        let known = events.iter().find_map(|event| self.ids.get(&event.id).map(|position| (event.id, *position)));
        let Some((id, position)) = known else { return Ok(None) };
        let earlier = self.append_at(position);
        if !earlier.iter().map(Entry::id).eq(events.iter().map(|event| event.id)) {
            return Err(AppendError::IdReused { id, position: Position::new(position) });
        }
        let positions = earlier.iter().map(Entry::position).collect();
        let versions = earlier.iter().map(Entry::version).collect();
        // Events that brought a time of their own do not tell when the append was recorded.
        let timed = earlier.iter().zip(events).find(|(_, event)| event.recorded_at.is_none());
        let recorded_at = timed.map_or(earlier[0].recorded_at(), |(entry, _)| entry.recorded_at());
        Ok(Some(Appended::repeated(positions, versions, recorded_at)))
    }

    /// The entries of the append that wrote the one at a position.
    fn append_at(&self, position: u64) -> &[Entry] {
        let index = self.ends.partition_point(|end| *end < position);
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.entries[start as usize..self.ends[index] as usize]
    }

    /// Refuses events for streams that are not open.
    fn check_open(&self, events: &[NewEvent]) -> Result<(), StreamClosed> {
        if self.closed.is_empty() {
            return Ok(());
        }
        let mut streams = events.iter().filter_map(|event| event.stream.as_ref());
        match streams.find_map(|stream| self.closed.get_key_value(stream)) {
            Some((stream, info)) => Err(StreamClosed::new(stream.clone(), info.status.clone())),
            None => Ok(()),
        }
    }

    fn check_condition(&self, condition: &Condition) -> Result<(), Conflict> {
        match condition {
            Condition::Stream { stream, expected } => {
                let found = self.stream_info(stream).version;
                if expected.accepts(found) {
                    return Ok(());
                }
                let kind = ConflictKind::Stream { stream: stream.clone(), expected: *expected, found };
                let last = self.streams.get(stream).and_then(|positions| positions.last());
                Err(Conflict::new(kind, last.and_then(|position| self.conflict_event(*position))))
            }
            Condition::Holds(place) if self.holds(*place) => Ok(()),
            Condition::Holds(place) => Err(Conflict::new(ConflictKind::Replaced { place: *place }, None)),
            Condition::NoEvents { query, after } => {
                let options = ReadOptions::default().after(*after).limit(1);
                match self.positions(query, options).first() {
                    None => Ok(()),
                    Some(found) => {
                        let kind = ConflictKind::Query { after: *after };
                        Err(Conflict::new(kind, self.conflict_event(*found)))
                    }
                }
            }
        }
    }

    fn conflict_event(&self, position: u64) -> Option<ConflictEvent> {
        let event = self.event(position)?;
        Some(ConflictEvent { position: event.position, name: event.name.clone() })
    }
}
