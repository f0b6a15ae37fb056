use std::fmt;

use crate::log::bounds::LimitError;
use crate::log::position::Place;
use crate::log::time::Timestamp;

/// What went wrong inside a store.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// A query or an option crosses a limit; the same call will fail again.
    Invalid,
    /// The store cannot be reached, or the connection broke. Trying again may help.
    Unavailable,
    /// Another process blocked the store for longer than it waits. Trying again may help.
    Busy,
    /// The store can be read but not written.
    ReadOnly,
    /// The role of this program lacks a right that the call needs. It fails again until the right is granted.
    Denied,
    /// The disk or the quota is full.
    Full,
    /// The stored data is damaged.
    Corrupt,
    /// The file or schema belongs to another program, or to a newer version of this one.
    Foreign,
    /// After an earlier failure, the store no longer writes. Open it again.
    FailedClosed,
    /// The store was shut down.
    Closed,
    /// The log does not hold the [`Place`] to read on from: it was replaced in the meantime, most likely by a backup that was
    /// restored. Trying again does not help. Discard everything that was derived from the log, and read it from the start.
    Replaced,
    /// The log was [sealed](crate::transfer::Transfer::seal), most likely since it was moved to another store. Nothing was written.
    Sealed,
    /// A different log, with another [`LogId`](crate::log::LogId), has taken the place of the one that was opened. Nothing was written.
    WrongLog,
    /// A layer around the store refused the call, such as a hook, or a synchronous projection cannot handle an event.
    Refused,
    /// The store does not implement this function.
    Unsupported,
    /// Anything else.
    Other,
}

impl StoreErrorKind {
    /// The kind as one word, for logs and metrics: `invalid`, `unavailable`, `busy`, `read_only`, `denied`, `full`, `corrupt`, `foreign`,
    /// `failed_closed`, `closed`, `replaced`, `sealed`, `wrong_log`, `refused`, `unsupported` or `other`.
    pub fn name(self) -> &'static str {
        match self {
            StoreErrorKind::Invalid => "invalid",
            StoreErrorKind::Unavailable => "unavailable",
            StoreErrorKind::Busy => "busy",
            StoreErrorKind::ReadOnly => "read_only",
            StoreErrorKind::Denied => "denied",
            StoreErrorKind::Full => "full",
            StoreErrorKind::Corrupt => "corrupt",
            StoreErrorKind::Foreign => "foreign",
            StoreErrorKind::FailedClosed => "failed_closed",
            StoreErrorKind::Closed => "closed",
            StoreErrorKind::Replaced => "replaced",
            StoreErrorKind::Sealed => "sealed",
            StoreErrorKind::WrongLog => "wrong_log",
            StoreErrorKind::Refused => "refused",
            StoreErrorKind::Unsupported => "unsupported",
            StoreErrorKind::Other => "other",
        }
    }
}

/// A failure of a store: a kind, a message that says what failed and what to do, and the cause.
#[derive(Debug)]
pub struct StoreError {
    kind: StoreErrorKind,
    text: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl StoreError {
    /// A failure of this kind, described by `text`.
    pub fn new(kind: StoreErrorKind, text: impl Into<String>) -> StoreError {
        StoreError { kind, text: text.into(), source: None }
    }

    /// The log does not hold this place: [`StoreErrorKind::Replaced`].
    pub fn replaced(place: Place) -> StoreError {
        let mut text = String::new();
        // Writing to a text cannot fail.
        let _ = place.write_missing(&mut text);
        text.push_str(
            "\nhelp: most likely a backup was restored; discard what was made of the log, and follow it from `Place::START`, or from \
             an earlier place that it still holds",
        );
        StoreError::new(StoreErrorKind::Replaced, text)
    }

    /// The log takes no writes: [`StoreErrorKind::Sealed`].
    pub fn sealed(since: Timestamp) -> StoreError {
        let text = format!(
            "the log is sealed since {since}: it takes no appends and no changes\nhelp: most likely it was moved; open the store that it was \
             moved to, or let it take writes again with `eskit store unseal`"
        );
        StoreError::new(StoreErrorKind::Sealed, text)
    }

    /// Adds the error that caused this one.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StoreError {
        self.source = Some(source.into());
        self
    }

    /// What kind of failure this is.
    pub fn kind(&self) -> StoreErrorKind {
        self.kind
    }

    /// The limit that the call crossed, if this is such an error.
    pub fn limit(&self) -> Option<&LimitError> {
        self.source.as_deref()?.downcast_ref()
    }

    /// Whether the same call may succeed later without any intervention.
    pub fn is_transient(&self) -> bool {
        matches!(self.kind, StoreErrorKind::Unavailable | StoreErrorKind::Busy)
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn std::error::Error + 'static))
    }
}

impl From<LimitError> for StoreError {
    fn from(error: LimitError) -> StoreError {
        StoreError::new(StoreErrorKind::Invalid, error.to_string()).with_source(error)
    }
}
