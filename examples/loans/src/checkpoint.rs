use std::error::Error;
use std::fmt;

use eskit::prelude::*;
use eskit::{EventId, Position, Query, QueryItem, ReadOptions, StoreError, WireName};

use crate::{Line, Loan};

/// The metadata entry that holds the number of the line from which an event was made.
const LINE_KEY: &str = "line";

/// How far the import came: the line that the newest event of the log was made from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Checkpoint {
    /// The number of the line, from 1.
    pub line: u64,
    /// The id of the event, which is derived from the number and the text of the line.
    pub id: EventId,
}

impl Checkpoint {
    /// The checkpoint of a log; `None` when nothing was imported yet.
    ///
    /// # Errors
    /// See [`CheckpointError`].
    pub async fn read<S: EventStore>(store: &S) -> Result<Option<Checkpoint>, CheckpointError> {
        let loans = Query::from(QueryItem::stream_type(WireName::from_static(Loan::STREAM_TYPE)));
        let newest = store.read(&loans, ReadOptions::default().backward().limit(1)).await?;
        let Some(event) = newest.events.first() else { return Ok(None) };
        match event.metadata.get(LINE_KEY).and_then(|line| line.parse().ok()) {
            Some(line) => Ok(Some(Checkpoint { line, id: event.id })),
            None => Err(CheckpointError::Foreign { position: event.position }),
        }
    }

    /// Whether the event was made from this line.
    pub fn is_of(&self, line: Line<'_>) -> bool {
        self.line == line.number && self.id == event_id(line)
    }
}

/// The id of the event that is made from a line: the same each time, and another for another line or text.
///
/// A UUIDv8 (RFC 9562, section 5.8): 48 bits of the line's number, then bits of a hash. Ids that ascend keep the store's
/// index of them together; scattered ones halve the speed of the import.
pub(crate) fn event_id(line: Line<'_>) -> EventId {
    let hashed = EventId::from_key(&String::from_utf8_lossy(line.bytes), line.number as usize);
    let mut bytes = *hashed.as_bytes();
    bytes[..6].copy_from_slice(&line.number.to_be_bytes()[2..]);
    bytes[6] = 0x80 | (bytes[6] & 0x0f);
    EventId::from_bytes(bytes)
}

/// Metadata that keeps the number of the line.
pub(crate) fn metadata(line: Line<'_>) -> Metadata {
    Metadata::new().with(LINE_KEY, line.number.to_string())
}

/// Why it cannot be told how far the import came.
#[derive(Debug)]
pub enum CheckpointError {
    /// Another program wrote the newest event in the loan streams.
    Foreign {
        /// Where that event stands.
        position: Position,
    },
    /// The store failed.
    Store(StoreError),
}

impl fmt::Display for CheckpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CheckpointError::Foreign { position } => write!(
                f,
                "the event at position {position} lies in a loan stream, but was not imported from a file\n\
                 help: choose another store with `--store`"
            ),
            CheckpointError::Store(error) => error.fmt(f),
        }
    }
}

impl Error for CheckpointError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            CheckpointError::Foreign { .. } => None,
            CheckpointError::Store(error) => error.source(),
        }
    }
}

impl From<StoreError> for CheckpointError {
    fn from(error: StoreError) -> CheckpointError {
        CheckpointError::Store(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_ascend_with_the_lines_and_depend_on_the_text() {
        let id = |number, bytes| event_id(Line { number, bytes });
        assert_eq!(id(1, b"a"), id(1, b"a"));
        assert_ne!(id(1, b"a"), id(1, b"b"));
        let ids: Vec<EventId> = (1..100_000).step_by(97).map(|number| id(number, b"a")).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(ids[0].as_uuid().get_version_num(), 8);
    }
}
