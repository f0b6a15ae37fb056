use std::fmt;

use crate::log::bounds::{EVENTS_PER_APPEND_MAX, LimitError};
use crate::log::id::{EventId, LogId};
use crate::log::lifecycle::StreamStatus;
use crate::log::position::{Place, Position};
use crate::log::recorded::Part;
use crate::log::store::error::StoreError;
use crate::log::stream::StreamId;

/// Why records were not loaded.
#[derive(Debug)]
#[non_exhaustive]
pub enum LoadError {
    /// The records are those of another log. Nothing was written.
    OtherLog {
        /// The log that they come from.
        given: LogId,
        /// The log that is there.
        found: LogId,
    },
    /// The log does not end where the records begin. Nothing was written.
    NotAtHead {
        /// The place after which they stand in their log.
        after: Place,
        /// Where the log ends.
        head: Place,
    },
    /// A record cannot be one of this log. Nothing was written.
    Record(RecordError),
    /// The store failed. If the connection broke during the commit, the records may have been loaded: the head of the log tells.
    Store(StoreError),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::OtherLog { given, found } => write!(
                f,
                "the records are those of log {given}, but the store holds log {found}\nhelp: load them into an empty store"
            ),
            LoadError::NotAtHead { after, head } => write!(
                f,
                "the records begin after place {after}, but the log ends at {head}\nhelp: load the records that follow its head; \
                 if the log that they come from does not hold that event, the two went apart: load into an empty store"
            ),
            LoadError::Record(error) => error.fmt(f),
            LoadError::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for LoadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            LoadError::Store(error) => error.source(),
            _ => None,
        }
    }
}

impl From<RecordError> for LoadError {
    fn from(error: RecordError) -> LoadError {
        LoadError::Record(error)
    }
}

impl From<StoreError> for LoadError {
    fn from(error: StoreError) -> LoadError {
        LoadError::Store(error)
    }
}

/// Why a record cannot be one of a log.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum RecordError {
    /// An append has no events, or more than the limit.
    EventCount {
        /// The position of the first one.
        position: Position,
        /// How many there are.
        found: usize,
    },
    /// Positions have a gap, or do not ascend.
    Position {
        /// The position that is next.
        expected: Position,
        /// The position of the record.
        found: Position,
    },
    /// An event says that it is another part of its append.
    Part {
        /// Its position.
        position: Position,
        /// The part that it is.
        expected: Part,
        /// The part that it says.
        found: Part,
    },
    /// The event is not the first one of its append, and those before it are not there.
    NotAtStart {
        /// Its position.
        position: Position,
    },
    /// An event has a version that is not the next one of its stream.
    Version {
        /// The position of the event.
        position: Position,
        /// The stream.
        stream: StreamId,
        /// The version that is next.
        expected: u64,
        /// The version of the event.
        found: u64,
    },
    /// The id of an event is that of another one.
    IdTaken {
        /// The id.
        id: EventId,
        /// The position of the event that has it already, if it is known.
        position: Option<Position>,
    },
    /// A stream has another version than its record says.
    StreamVersion {
        /// The stream.
        stream: StreamId,
        /// The version in the log.
        found: u64,
        /// The version of the record.
        given: u64,
    },
    /// The stream is deleted, and stays so.
    StreamDeleted {
        /// The stream.
        stream: StreamId,
        /// The status of the record.
        given: StreamStatus,
    },
    /// An event or a stream crosses a limit.
    Limit {
        /// The position of the event; `None` for a stream.
        position: Option<Position>,
        /// The limit.
        error: LimitError,
    },
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecordError::EventCount { position, found } => {
                write!(
                    f,
                    "the append at position {position} has {found} events; it must have 1 to {EVENTS_PER_APPEND_MAX}"
                )
            }
            RecordError::Position { expected, found } => {
                write!(f, "a record stands at position {found}, but position {expected} is next")
            }
            RecordError::Part { position, expected, found } => write!(
                f,
                "the event at position {position} is number {} of {} of its append, but says {} of {}",
                expected.index() + 1,
                expected.count(),
                found.index() + 1,
                found.count()
            ),
            RecordError::NotAtStart { position } => {
                write!(f, "position {position} is within an append\nhelp: begin after the last event of an append")
            }
            RecordError::Version { position, stream, expected, found } => write!(
                f,
                "the event at position {position} has version {found} of stream `{stream}`, but version {expected} is next"
            ),
            RecordError::IdTaken { id, position: Some(position) } => {
                write!(f, "the event id {id} belongs to the event at position {position}")
            }
            RecordError::IdTaken { id, position: None } => write!(f, "the event id {id} belongs to another event"),
            RecordError::StreamVersion { stream, found, given } => {
                write!(f, "stream `{stream}` is at version {found}, but its record says version {given}")
            }
            RecordError::StreamDeleted { stream, given } => {
                write!(f, "stream `{stream}` is deleted, but its record says that it is {given}")
            }
            RecordError::Limit { position: Some(position), error } => write!(f, "position {position}: {error}"),
            RecordError::Limit { position: None, error } => error.fmt(f),
        }
    }
}

impl std::error::Error for RecordError {}

/// Why bytes or a line are no record.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum DecodeRecordError {
    /// The bytes end within the record.
    Cut,
    /// The record has a form that this version of eskit does not know.
    UnknownFormat {
        /// The number of the form.
        format: u8,
    },
    /// The record is of a kind that this version of eskit does not know.
    UnknownKind {
        /// The number of the kind.
        kind: u8,
    },
    /// A part of the record is not what it must be.
    Damaged {
        /// Which part.
        what: &'static str,
    },
    /// The line is not the JSON of a record.
    Json {
        /// What is wrong, and where.
        text: String,
    },
    /// What the record says cannot be.
    Record(RecordError),
}

impl fmt::Display for DecodeRecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DecodeRecordError::Cut => f.write_str("the record is cut short"),
            DecodeRecordError::UnknownFormat { format } => {
                write!(f, "the record has format {format}, which this program does not know\nhelp: update the program")
            }
            DecodeRecordError::UnknownKind { kind } => {
                write!(f, "the record is of kind {kind}, which this program does not know\nhelp: update the program")
            }
            DecodeRecordError::Damaged { what } => write!(f, "the record is damaged: {what}"),
            DecodeRecordError::Json { text } => write!(f, "the line is no record: {text}"),
            DecodeRecordError::Record(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for DecodeRecordError {}

impl From<RecordError> for DecodeRecordError {
    fn from(error: RecordError) -> DecodeRecordError {
        DecodeRecordError::Record(error)
    }
}
