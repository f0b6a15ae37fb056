//! Errors without what they were about: no tag, no id of a stream and no text of a database, which may hold what must not reach
//! a log file.

use std::fmt;

use eskit_runtime::StoreError;
use eskit_runtime::log::{AddTagsError, AppendError, ConflictKind, LimitError, StreamError, StreamStatus};

/// An error that can be told so.
pub(super) trait Outline {
    /// Writes what went wrong.
    fn outline(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

/// Shows the outline of an error.
pub(super) struct Outlined<'a, E>(pub(super) &'a E);

impl<E: Outline> fmt::Display for Outlined<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.outline(f)
    }
}

impl Outline for StoreError {
    fn outline(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind().name())
    }
}

impl Outline for AppendError {
    fn outline(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AppendError::Conflict(conflict) => {
                match &conflict.kind {
                    ConflictKind::Stream { expected, found, .. } => {
                        write!(f, "a stream is at version {found}, expected {expected}")?;
                    }
                    ConflictKind::Query { after } => write!(f, "an event after position {after} matches")?,
                    _ => f.write_str("conflict")?,
                }
                match &conflict.event {
                    Some(event) => write!(f, ": `{}` at position {}", event.name, event.position),
                    None => Ok(()),
                }
            }
            AppendError::Limit(limit) => limit.outline(f),
            AppendError::IdReused { .. } => fmt::Display::fmt(self, f),
            AppendError::StreamClosed(closed) => {
                write!(f, "a stream takes no events: it is {}", status_name(&closed.status))
            }
            AppendError::UnknownOutcome(error) | AppendError::Store(error) => error.outline(f),
            _ => f.write_str("failed"),
        }
    }
}

impl Outline for StreamError {
    fn outline(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StreamError::NotFound { .. } => f.write_str("the stream holds no event"),
            StreamError::Refused { status, .. } => write!(f, "the stream is {}", status_name(status)),
            StreamError::Limit(limit) => limit.outline(f),
            StreamError::Store(error) => error.outline(f),
            _ => f.write_str("failed"),
        }
    }
}

impl Outline for AddTagsError {
    fn outline(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AddTagsError::NotThere { position, .. } => {
                write!(f, "another event stands at position {position}, or none")
            }
            AddTagsError::Limit { error, .. } => error.outline(f),
            AddTagsError::Store(error) => error.outline(f),
            _ => f.write_str("failed"),
        }
    }
}

impl Outline for LimitError {
    fn outline(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LimitError::TooLong { what, found, max, .. } => {
                write!(f, "the {what} has {found} bytes, but at most {max} are allowed")
            }
            LimitError::Nul { what, .. } => write!(f, "the {what} holds a NUL character"),
            LimitError::TooMany { .. } | LimitError::Empty { .. } | LimitError::RepeatedId { .. } => {
                fmt::Display::fmt(self, f)
            }
            _ => f.write_str("a limit was crossed"),
        }
    }
}

fn status_name(status: &StreamStatus) -> &'static str {
    match status {
        StreamStatus::Open => "open",
        StreamStatus::Archived { .. } => "archived",
        StreamStatus::Tombstoned { .. } => "tombstoned",
        StreamStatus::Deleted { .. } => "deleted",
        _ => "closed",
    }
}
