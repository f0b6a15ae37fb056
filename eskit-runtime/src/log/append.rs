use std::fmt;

use crate::log::bounds::LimitError;
use crate::log::id::EventId;
use crate::log::lifecycle::StreamClosed;
use crate::log::name::WireName;
use crate::log::new_event::NewEvent;
use crate::log::position::{Place, Position};
use crate::log::query::Query;
use crate::log::recorded::{Part, RecordedEvent};
use crate::log::store::error::StoreError;
use crate::log::stream::StreamId;
use crate::log::time::Timestamp;

/// The version that a stream must have for an append to succeed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ExpectedVersion {
    /// Any version, or no events at all.
    Any,
    /// The stream holds no event.
    NoStream,
    /// The last event of the stream has exactly this version; 0 is the same as [`ExpectedVersion::NoStream`].
    Exact(u64),
}

impl ExpectedVersion {
    /// Whether a stream at version `found` (0 when it holds no event) is as expected.
    pub fn accepts(self, found: u64) -> bool {
        match self {
            ExpectedVersion::Any => true,
            ExpectedVersion::NoStream => found == 0,
            ExpectedVersion::Exact(expected) => found == expected,
        }
    }
}

impl fmt::Display for ExpectedVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExpectedVersion::Any => f.write_str("any version"),
            ExpectedVersion::NoStream | ExpectedVersion::Exact(0) => f.write_str("no events"),
            ExpectedVersion::Exact(version) => write!(f, "version {version}"),
        }
    }
}

/// What must hold for an append to succeed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Condition {
    /// A stream has the expected version.
    Stream {
        /// The stream.
        stream: StreamId,
        /// The version that it must have.
        expected: ExpectedVersion,
    },
    /// The log holds this place, and so everything that was read up to there: it was not replaced in the meantime, for example by a
    /// backup.
    Holds(Place),
    /// No event after a position matches a query. This is the append condition of the DCB specification
    /// (<https://dcb.events/specification/>): a decision that read a query up to `after` stays valid while no new event matches.
    ///
    /// A store may refuse a condition that costs too much to check: one whose `after` is far from the head, and whose query
    /// combines types, tags and stream types that are common by themselves but rarely occur together; see
    /// [`EventStore::append`](crate::EventStore::append).
    NoEvents {
        /// The query that no event may match.
        query: Query,
        /// Events up to and including this position are ignored.
        after: Position,
    },
}

/// Events to append atomically, under conditions that must all hold.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Append {
    /// The events, in order: 1 to 10,000.
    pub events: Vec<NewEvent>,
    /// The conditions, in AND.
    pub conditions: Vec<Condition>,
}

impl Append {
    /// An append of these events without conditions.
    pub fn new(events: Vec<NewEvent>) -> Append {
        Append { events, conditions: Vec::new() }
    }

    /// Adds a condition.
    #[must_use]
    pub fn with(mut self, condition: Condition) -> Append {
        self.conditions.push(condition);
        self
    }
}

/// The positions and versions that an append's events got in the log.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Appended {
    /// The position of each event, in the order of the append.
    pub positions: Vec<Position>,
    /// The version of each event in its stream; `None` for an event outside every stream.
    pub versions: Vec<Option<u64>>,
    /// The time of the events that had no time of their own.
    pub recorded_at: Timestamp,
    /// Whether the events were there already: this append repeated an earlier one with the same event ids.
    pub repeated: bool,
    /// The events as they were recorded, if a layer changed them; `None` if they are those of the append. Stores leave it empty.
    pub recorded: Option<Vec<RecordedEvent>>,
}

impl Appended {
    /// The result of an append that recorded its events.
    pub fn new(positions: Vec<Position>, versions: Vec<Option<u64>>, recorded_at: Timestamp) -> Appended {
        Appended { positions, versions, recorded_at, repeated: false, recorded: None }
    }

    /// The result of an append whose events were already in the log.
    pub fn repeated(positions: Vec<Position>, versions: Vec<Option<u64>>, recorded_at: Timestamp) -> Appended {
        Appended { positions, versions, recorded_at, repeated: true, recorded: None }
    }

    /// The events of the append as they were recorded: at their positions, and as a layer changed them.
    pub fn record(&self, events: Vec<NewEvent>) -> Vec<RecordedEvent> {
        if let Some(recorded) = &self.recorded {
            return recorded.clone();
        }
        let places = self.positions.iter().zip(&self.versions);
        let parts = Part::all(events.len());
        let into = |((event, (position, version)), part): ((NewEvent, (&Position, &Option<u64>)), Part)| {
            event.into_recorded(*position, *version, part, self.recorded_at)
        };
        events.into_iter().zip(places).zip(parts).map(into).collect()
    }

    /// The position of the last event.
    pub fn last(&self) -> Position {
        self.positions.last().copied().unwrap_or_default()
    }
}

/// The event that broke a condition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConflictEvent {
    /// Its position.
    pub position: Position,
    /// Its wire name.
    pub name: WireName,
}

/// A condition of an append did not hold, since other events were appended after the caller's read. Nothing was written.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Conflict {
    /// Which kind of condition failed, with what was expected and what was found.
    pub kind: ConflictKind,
    /// The event that broke the condition, if the store knows it: the last event of a stream, or a match of a query.
    pub event: Option<ConflictEvent>,
}

/// Which kind of condition did not hold.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ConflictKind {
    /// A stream has another version than expected.
    Stream {
        /// The stream.
        stream: StreamId,
        /// The version that was expected.
        expected: ExpectedVersion,
        /// The version of its last event; 0 if it holds none.
        found: u64,
    },
    /// An event after the position matches the query.
    Query {
        /// The position after which no event was allowed to match.
        after: Position,
    },
    /// The log does not hold a place: it was replaced after it was read, most likely by a backup. Discard everything that was
    /// remembered of it.
    Replaced {
        /// The place that the log should hold.
        place: Place,
    },
}

impl Conflict {
    /// A conflict of this kind.
    pub fn new(kind: ConflictKind, event: Option<ConflictEvent>) -> Conflict {
        Conflict { kind, event }
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ConflictKind::Stream { stream, expected, found } => {
                write!(f, "stream `{stream}` is at version {found}, expected {expected}")?;
            }
            ConflictKind::Query { after } => {
                write!(f, "an event after position {after} matches the append condition")?;
            }
            ConflictKind::Replaced { place } => place.write_missing(f)?,
        }
        match &self.event {
            Some(event) => write!(f, ": `{}` at position {}", event.name, event.position),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Conflict {}

/// Why an append failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum AppendError {
    /// A condition did not hold. Nothing was written; read again and decide again.
    Conflict(Conflict),
    /// The append crosses a limit. Nothing was written; the same append will fail again.
    Limit(LimitError),
    /// An event id is already in the log, as part of a different append. Nothing was written.
    IdReused {
        /// The id.
        id: EventId,
        /// The position of the event with this id.
        position: Position,
    },
    /// A stream that the append writes to is archived, tombstoned or deleted. Nothing was written.
    StreamClosed(StreamClosed),
    /// The events may or may not have been written, since the store did not learn the outcome of the commit. Repeat the append with
    /// the same event ids to find out: a repeat returns the original positions.
    UnknownOutcome(StoreError),
    /// The store failed before anything was written.
    Store(StoreError),
}

impl AppendError {
    /// The error as one word, for logs and metrics: `conflict`, `limit`, `id_reused`, `closed`, `unknown` or `failed`.
    pub fn name(&self) -> &'static str {
        match self {
            AppendError::Conflict(_) => "conflict",
            AppendError::Limit(_) => "limit",
            AppendError::IdReused { .. } => "id_reused",
            AppendError::StreamClosed(_) => "closed",
            AppendError::UnknownOutcome(_) => "unknown",
            AppendError::Store(_) => "failed",
        }
    }
}

impl fmt::Display for AppendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AppendError::Conflict(conflict) => conflict.fmt(f),
            AppendError::Limit(limit) => limit.fmt(f),
            AppendError::IdReused { id, position } => {
                write!(
                    f,
                    "the event id {id} belongs to another append, at position {position}\nhelp: to repeat an append, send \
                     all of its events again, in their order; to append others, give them new ids with `EventId::new()`"
                )
            }
            AppendError::StreamClosed(closed) => closed.fmt(f),
            AppendError::UnknownOutcome(_) => {
                f.write_str("the outcome of the append is unknown; append again with the same event ids")
            }
            AppendError::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for AppendError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            AppendError::Conflict(_) | AppendError::IdReused { .. } => None,
            AppendError::Limit(_) | AppendError::StreamClosed(_) => None,
            AppendError::UnknownOutcome(error) => Some(error),
            AppendError::Store(error) => error.source(),
        }
    }
}

impl From<LimitError> for AppendError {
    fn from(error: LimitError) -> AppendError {
        AppendError::Limit(error)
    }
}

impl From<Conflict> for AppendError {
    fn from(error: Conflict) -> AppendError {
        AppendError::Conflict(error)
    }
}

impl From<StreamClosed> for AppendError {
    fn from(error: StreamClosed) -> AppendError {
        AppendError::StreamClosed(error)
    }
}

impl From<StoreError> for AppendError {
    fn from(error: StoreError) -> AppendError {
        AppendError::Store(error)
    }
}
