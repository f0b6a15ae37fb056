use crate::log::bounds::EVENTS_PER_APPEND_MAX;
use crate::log::id::EventId;
use crate::log::lifecycle::StreamStatus;
use crate::log::position::{Place, Position};
use crate::log::recorded::{Part, RecordedEvent};
use crate::log::stream::StreamId;
use crate::log::time::Timestamp;
use crate::transfer::error::RecordError;

/// One record of a whole log.
///
/// The records of a log are its appends, in order, and then its streams that are not open. A store that has loaded them answers every
/// read, every repeat of an append and every condition as the store that they came from.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum LogRecord {
    /// An append.
    Append(RecordedAppend),
    /// A stream that was archived, tombstoned or deleted.
    Stream(StreamRecord),
}

/// One append as the log holds it: its events in order, at consecutive positions.
///
/// Which events are one append is part of the log: a repeat is known by it, and readers stop at its end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordedAppend {
    entries: Vec<Entry>,
}

/// What the log holds at one position.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Entry {
    /// An event.
    Event(RecordedEvent),
    /// What is left of an event whose stream was deleted.
    Deleted(DeletedEvent),
}

/// What is left of an event whose stream was deleted: its position and its id stay in use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct DeletedEvent {
    /// The position.
    pub position: Position,
    /// The id.
    pub id: EventId,
    /// The version that it had in its stream.
    pub version: u64,
    /// When it was recorded.
    pub recorded_at: Timestamp,
}

/// The status of a stream, with its version.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct StreamRecord {
    /// The stream.
    pub stream: StreamId,
    /// The version of its last event, even if that was deleted.
    pub version: u64,
    /// Its status.
    pub status: StreamStatus,
}

impl LogRecord {
    /// The append by value, if it is one.
    pub fn into_append(self) -> Option<RecordedAppend> {
        match self {
            LogRecord::Append(append) => Some(append),
            LogRecord::Stream(_) => None,
        }
    }

    /// The append, if it is one.
    pub fn append(&self) -> Option<&RecordedAppend> {
        match self {
            LogRecord::Append(append) => Some(append),
            LogRecord::Stream(_) => None,
        }
    }

    /// The bytes of its payloads, metadata, tags and reasons: what the bounds of pages count.
    pub fn size_bytes(&self) -> usize {
        match self {
            LogRecord::Append(append) => append.size_bytes(),
            LogRecord::Stream(stream) => stream.stream.id().len() + stream.status.reason().map_or(0, str::len),
        }
    }
}

impl RecordedAppend {
    /// The append of these entries.
    ///
    /// # Errors
    /// [`RecordError`] if they cannot be one append: there are none or too many, their positions have gaps, or an event says that it is
    /// another part of an append.
    pub fn new(entries: Vec<Entry>) -> Result<RecordedAppend, RecordError> {
        let count = entries.len();
        let Some(first) = entries.first().map(Entry::position) else {
            return Err(RecordError::EventCount { position: Position::START, found: 0 });
        };
        if count > EVENTS_PER_APPEND_MAX {
            return Err(RecordError::EventCount { position: first, found: count });
        }
        let positions = (0..count as u64).map(|offset| Position::new(first.get().saturating_add(offset)));
        let expected = positions.zip(Part::all(count));
        for (entry, (position, part)) in entries.iter().zip(expected) {
            if entry.position() != position || position == Position::START {
                return Err(RecordError::Position { expected: position, found: entry.position() });
            }
            if let Entry::Event(event) = entry
                && event.part != part
            {
                return Err(RecordError::Part { position, expected: part, found: event.part });
            }
        }
        Ok(RecordedAppend { entries })
    }

    /// What the log holds of it, in order; at least one entry.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entries by value.
    pub fn into_entries(self) -> Vec<Entry> {
        self.entries
    }

    /// The position of its first event.
    pub fn first(&self) -> Position {
        self.entries.first().map_or(Position::START, Entry::position)
    }

    /// The place of its last event.
    pub fn last(&self) -> Place {
        self.entries.last().map_or(Place::START, Entry::place)
    }

    /// The bytes of the payloads, the metadata and the tags of its events.
    pub fn size_bytes(&self) -> usize {
        self.entries.iter().map(Entry::size_bytes).sum()
    }
}

impl Entry {
    /// Its position.
    pub fn position(&self) -> Position {
        match self {
            Entry::Event(event) => event.position,
            Entry::Deleted(event) => event.position,
        }
    }

    /// Its id.
    pub fn id(&self) -> EventId {
        match self {
            Entry::Event(event) => event.id,
            Entry::Deleted(event) => event.id,
        }
    }

    /// Its place.
    pub fn place(&self) -> Place {
        Place::new(self.position(), self.id())
    }

    /// The version in its stream; `None` for an event outside every stream.
    pub fn version(&self) -> Option<u64> {
        match self {
            Entry::Event(event) => event.stream.as_ref().map(|at| at.version),
            Entry::Deleted(event) => Some(event.version),
        }
    }

    /// When it was recorded.
    pub fn recorded_at(&self) -> Timestamp {
        match self {
            Entry::Event(event) => event.recorded_at,
            Entry::Deleted(event) => event.recorded_at,
        }
    }

    /// The event, unless it was deleted.
    pub fn event(&self) -> Option<&RecordedEvent> {
        match self {
            Entry::Event(event) => Some(event),
            Entry::Deleted(_) => None,
        }
    }

    /// The bytes of its payload, its metadata and its tags.
    pub fn size_bytes(&self) -> usize {
        self.event().map_or(0, RecordedEvent::size_bytes)
    }
}

impl DeletedEvent {
    /// What is left of an event.
    pub fn new(position: Position, id: EventId, version: u64, recorded_at: Timestamp) -> DeletedEvent {
        DeletedEvent { position, id, version, recorded_at }
    }
}

impl StreamRecord {
    /// A stream at this version with this status.
    pub fn new(stream: StreamId, version: u64, status: StreamStatus) -> StreamRecord {
        StreamRecord { stream, version, status }
    }
}
