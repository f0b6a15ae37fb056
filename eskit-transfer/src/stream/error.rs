use std::fmt;

use eskit_runtime::StoreError;
use eskit_runtime::log::{AppendError, StreamError, StreamId};

/// Why a stream was not archived, or not restored. What was copied stays, and the next run goes on from there; the original is whole as
/// long as it is not deleted.
#[derive(Debug)]
#[non_exhaustive]
pub enum ArchiveError {
    /// The log to copy from cannot be read.
    From(StoreError),
    /// The log to copy to cannot be read or written.
    To(StoreError),
    /// The archive is the log itself, or a copy of it.
    SameLog,
    /// The log to copy from never held an event of the stream, or does not hold them any more.
    NoStream {
        /// The stream.
        stream: StreamId,
    },
    /// The original is deleted, and the archive does not have all of it.
    Deleted {
        /// The stream.
        stream: StreamId,
        /// The version that the original had.
        version: u64,
        /// The version of the stream in the archive.
        archived: u64,
    },
    /// The stream is deleted in the log to restore it to, which takes no event of it ever again.
    Gone {
        /// The stream.
        stream: StreamId,
    },
    /// Events of the stream have tags, so it was copied and compared, but not deleted.
    Tagged {
        /// The stream.
        stream: StreamId,
        /// How many of its events have tags.
        events: u64,
    },
    /// Events of the stream hold sealed personal data, so it was copied and compared, but not deleted: nothing could open the copy.
    Sealed {
        /// The stream.
        stream: StreamId,
        /// How many of its events hold some.
        events: u64,
    },
    /// The copy is not equal to the original.
    Differs {
        /// The stream of the copy.
        stream: StreamId,
        /// The version of the first event that differs.
        version: u64,
        /// Which part of it differs.
        what: &'static str,
    },
    /// The log to copy to did not take the events.
    Append {
        /// The stream of the copy.
        stream: StreamId,
        /// Why.
        error: Box<AppendError>,
    },
    /// The status of the original could not be changed.
    Change {
        /// To what: `archive`, `tombstone` or `delete`.
        change: &'static str,
        /// Why.
        error: Box<StreamError>,
    },
}

impl fmt::Display for ArchiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ArchiveError::From(error) => write!(f, "the log to copy from: {error}"),
            ArchiveError::To(error) => write!(f, "the log to copy to: {error}"),
            ArchiveError::SameLog => f.write_str(
                "the archive has the id of the log: it is the log itself, or a copy of it\nhelp: archive into a log of its own",
            ),
            ArchiveError::NoStream { stream } => {
                write!(f, "there is no event of stream `{stream}` to copy\nhelp: check its type and its id")
            }
            ArchiveError::Deleted { stream, version, archived } => write!(
                f,
                "stream `{stream}` is deleted; it had {version} events, and the archive has {archived} of them"
            ),
            ArchiveError::Gone { stream } => write!(
                f,
                "stream `{stream}` was deleted in this log, which takes no event of it ever again\nhelp: restore it into a stream of \
                 another name, or into another log"
            ),
            ArchiveError::Tagged { stream, events } => write!(
                f,
                "stream `{stream}` is archived, but not deleted: {events} of its events have tags, and no condition would find those \
                 events any more\nhelp: delete it although it is tagged, if nothing depends on those tags, such as a name that must stay \
                 unique"
            ),
            ArchiveError::Sealed { stream, events } => write!(
                f,
                "stream `{stream}` is archived, but not deleted: {events} of its events hold sealed personal data, which only this log can                  open
help: keep the original, or delete it without an archive"
            ),
            ArchiveError::Differs { stream, version, what } => write!(
                f,
                "the copy of stream `{stream}` differs from the original at version {version}: {what}\nhelp: the original is whole; \
                 archive into another log, or find out who wrote to this one"
            ),
            ArchiveError::Append { stream, error } => write!(f, "cannot append to stream `{stream}`: {error}"),
            ArchiveError::Change { change, error } => write!(f, "cannot {change} the original: {error}"),
        }
    }
}

impl std::error::Error for ArchiveError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ArchiveError::From(error) | ArchiveError::To(error) => error.source(),
            ArchiveError::Append { error, .. } => error.source(),
            ArchiveError::Change { error, .. } => error.source(),
            _ => None,
        }
    }
}
