use std::fmt;

use crate::log::bounds::LimitError;
use crate::log::store::error::StoreError;
use crate::log::stream::StreamId;
use crate::log::time::Timestamp;

/// The status of a stream. Every stream is open until it is changed with
/// [`EventStore::change_stream`](crate::EventStore::change_stream).
///
/// | status | accepts events | its events can be read | can become |
/// |---|---|---|---|
/// | open | yes | yes | archived, tombstoned, deleted |
/// | archived | no | yes | open, tombstoned, deleted |
/// | tombstoned | no | yes | deleted |
/// | deleted | no | no | |
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum StreamStatus {
    /// It accepts events.
    #[default]
    Open,
    /// It is read-only until it is restored.
    Archived {
        /// When it was archived.
        at: Timestamp,
    },
    /// It has ended, and is read-only for ever.
    Tombstoned {
        /// When it ended.
        at: Timestamp,
        /// Why.
        reason: String,
    },
    /// Its events are gone for good. Its name, its version and this remain.
    Deleted {
        /// When they were deleted.
        at: Timestamp,
        /// Why.
        reason: String,
    },
}

impl StreamStatus {
    /// Whether the stream accepts events.
    pub fn is_open(&self) -> bool {
        matches!(self, StreamStatus::Open)
    }

    /// Whether the events of the stream are gone.
    pub fn is_deleted(&self) -> bool {
        matches!(self, StreamStatus::Deleted { .. })
    }

    /// The reason, where there is one.
    pub fn reason(&self) -> Option<&str> {
        match self {
            StreamStatus::Open | StreamStatus::Archived { .. } => None,
            StreamStatus::Tombstoned { reason, .. } | StreamStatus::Deleted { reason, .. } => Some(reason),
        }
    }

    /// The status after a change at the time `now`; `None` if the change is not possible. If the stream already has the new status,
    /// that status with its original time and reason. For stores.
    pub fn after(&self, change: &StreamChange, now: Timestamp) -> Option<StreamStatus> {
        use StreamStatus::{Archived, Deleted, Open, Tombstoned};
        match (change, self) {
            (StreamChange::Archive, Open) => Some(Archived { at: now }),
            (StreamChange::Restore, Archived { .. }) => Some(Open),
            (StreamChange::Tombstone { reason }, Open | Archived { .. }) => {
                Some(Tombstoned { at: now, reason: reason.clone() })
            }
            (StreamChange::Delete { reason }, Open | Archived { .. } | Tombstoned { .. }) => {
                Some(Deleted { at: now, reason: reason.clone() })
            }
            (StreamChange::Archive, Archived { .. })
            | (StreamChange::Restore, Open)
            | (StreamChange::Tombstone { .. }, Tombstoned { .. })
            | (StreamChange::Delete { .. }, Deleted { .. }) => Some(self.clone()),
            (StreamChange::Archive | StreamChange::Restore, Tombstoned { .. } | Deleted { .. })
            | (StreamChange::Tombstone { .. }, Deleted { .. }) => None,
        }
    }
}

impl fmt::Display for StreamStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StreamStatus::Open => f.write_str("open"),
            StreamStatus::Archived { at } => write!(f, "archived since {at}"),
            StreamStatus::Tombstoned { at, reason } => write!(f, "tombstoned since {at} ({reason:?})"),
            StreamStatus::Deleted { at, reason } => write!(f, "deleted since {at} ({reason:?})"),
        }
    }
}

/// What to do with a stream. A reason has 1 to 1,024 bytes and holds no NUL.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum StreamChange {
    /// Make it read-only, until it is restored.
    Archive,
    /// Make an archived stream accept events again.
    Restore,
    /// End it: it is read-only for ever.
    Tombstone {
        /// Why.
        reason: String,
    },
    /// Delete its events for good. This cannot be undone.
    Delete {
        /// Why.
        reason: String,
    },
}

impl StreamChange {
    /// Ends a stream, for this reason.
    pub fn tombstone(reason: impl Into<String>) -> StreamChange {
        StreamChange::Tombstone { reason: reason.into() }
    }

    /// Deletes the events of a stream for good, for this reason.
    pub fn delete(reason: impl Into<String>) -> StreamChange {
        StreamChange::Delete { reason: reason.into() }
    }

    /// The reason, where there is one.
    pub fn reason(&self) -> Option<&str> {
        match self {
            StreamChange::Archive | StreamChange::Restore => None,
            StreamChange::Tombstone { reason } | StreamChange::Delete { reason } => Some(reason),
        }
    }

    /// `archive`, `restore`, `tombstone` or `delete`.
    pub fn name(&self) -> &'static str {
        match self {
            StreamChange::Archive => "archive",
            StreamChange::Restore => "restore",
            StreamChange::Tombstone { .. } => "tombstone",
            StreamChange::Delete { .. } => "delete",
        }
    }
}

/// The version and the status of a stream.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct StreamInfo {
    /// The version of its last event, even if that was deleted; 0 for a stream that never held one.
    pub version: u64,
    /// Its status.
    pub status: StreamStatus,
}

impl StreamInfo {
    /// A stream at this version with this status.
    pub fn new(version: u64, status: StreamStatus) -> StreamInfo {
        StreamInfo { version, status }
    }

    /// Whether the stream ever held an event.
    pub fn exists(&self) -> bool {
        self.version > 0
    }
}

/// A stream accepts no events: it is archived, tombstoned or deleted.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct StreamClosed {
    /// The stream.
    pub stream: StreamId,
    /// Its status.
    pub status: StreamStatus,
}

impl StreamClosed {
    /// An event was to be appended to a stream with this status.
    pub fn new(stream: StreamId, status: StreamStatus) -> StreamClosed {
        StreamClosed { stream, status }
    }
}

impl fmt::Display for StreamClosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stream `{}` takes no events: it is {}", self.stream, self.status)?;
        f.write_str(match self.status {
            StreamStatus::Archived { .. } => "\nhelp: restore it with `StreamChange::Restore`",
            _ => "\nhelp: append to a stream with another id",
        })
    }
}

impl std::error::Error for StreamClosed {}

/// Why a stream was not changed.
#[derive(Debug)]
#[non_exhaustive]
pub enum StreamError {
    /// The stream never held an event.
    NotFound {
        /// The stream.
        stream: StreamId,
    },
    /// The status of the stream does not allow this change; see the table at [`StreamStatus`].
    Refused {
        /// The stream.
        stream: StreamId,
        /// Its status.
        status: StreamStatus,
        /// The [name](StreamChange::name) of the change.
        change: &'static str,
    },
    /// The name of the stream or the reason crosses a limit.
    Limit(LimitError),
    /// The store failed, and the change may or may not have been made. Repeat it: a change that was already made returns the same
    /// status again.
    Store(StoreError),
}

impl fmt::Display for StreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StreamError::NotFound { stream } => {
                write!(f, "stream `{stream}` holds no event\nhelp: check its type and its id")
            }
            StreamError::Refused { stream, status, change } => {
                write!(f, "cannot {change} stream `{stream}`: it is {status}, which is final")
            }
            StreamError::Limit(error) => error.fmt(f),
            StreamError::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for StreamError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            StreamError::Store(error) => error.source(),
            _ => None,
        }
    }
}

impl From<LimitError> for StreamError {
    fn from(error: LimitError) -> StreamError {
        StreamError::Limit(error)
    }
}

impl From<StoreError> for StreamError {
    fn from(error: StoreError) -> StreamError {
        StreamError::Store(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table at [`StreamStatus`], and that a repeated change keeps the first time and reason.
    #[test]
    fn each_status_goes_on_as_the_table_says() {
        let (then, now) = (Timestamp::from_micros(1), Timestamp::from_micros(2));
        let all = [
            StreamStatus::Open,
            StreamStatus::Archived { at: then },
            StreamStatus::Tombstoned { at: then, reason: "first".into() },
            StreamStatus::Deleted { at: then, reason: "first".into() },
        ];
        let changes = [
            (StreamChange::Restore, 0, vec![0, 1]),
            (StreamChange::Archive, 1, vec![0, 1]),
            (StreamChange::tombstone("later"), 2, vec![0, 1, 2]),
            (StreamChange::delete("later"), 3, vec![0, 1, 2, 3]),
        ];
        for (change, to, from) in changes {
            for (index, status) in all.iter().enumerate() {
                let found = status.after(&change, now);
                assert_eq!(found.is_some(), from.contains(&index), "{change:?} {status:?}");
                let Some(found) = found else { continue };
                assert_eq!(std::mem::discriminant(&found), std::mem::discriminant(&all[to]), "{change:?} {status:?}");
                assert_eq!(found == *status, to == index, "{change:?} {status:?}");
            }
        }
    }
}
