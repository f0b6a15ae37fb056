use std::fmt;

use crate::log::id::LogId;
use crate::log::name::WireName;
use crate::log::position::{Place, Position};
use crate::log::store::error::StoreError;

use super::handled::HandleError;

/// Why views did not commit a batch.
#[derive(Debug)]
#[non_exhaustive]
pub enum ApplyError {
    /// A handler failed.
    Handler {
        /// The index of its event in [`Batch::events`](super::Batch::events).
        index: usize,
        /// Why it failed.
        error: HandleError,
    },
    /// Another process has claimed the subscription.
    Deposed,
    /// The views failed.
    Views(StoreError),
}

impl From<StoreError> for ApplyError {
    fn from(error: StoreError) -> ApplyError {
        ApplyError::Views(error)
    }
}

impl fmt::Display for ApplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ApplyError::Handler { error, .. } => error.fmt(f),
            ApplyError::Deposed => f.write_str("another process has claimed the subscription"),
            ApplyError::Views(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ApplyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ApplyError::Handler { error, .. } => error.source(),
            ApplyError::Deposed => None,
            ApplyError::Views(error) => std::error::Error::source(error),
        }
    }
}

/// Why a subscription stopped.
#[derive(Debug)]
#[non_exhaustive]
pub enum SubscriptionError {
    /// The handler of an event failed at each try. The subscription begins with this event when it is started again.
    Handler {
        /// The position of the event.
        position: Position,
        /// Its wire name.
        event: WireName,
        /// How often it was tried.
        attempts: u32,
        /// The last error.
        error: HandleError,
    },
    /// The log ends before the checkpoint: most likely a backup of the log was restored. Nothing was handled.
    CheckpointAhead {
        /// The checkpoint.
        checkpoint: Place,
        /// The last event of the log.
        head: Place,
        /// Whether the subscriber [acts](super::Subscriber::ACTS) on events.
        acts: bool,
    },
    /// The log has another event at the position of the checkpoint: most likely a backup of the log was restored, and it has grown
    /// since. Nothing was handled.
    LogReplaced {
        /// The checkpoint.
        checkpoint: Place,
        /// Whether the subscriber [acts](super::Subscriber::ACTS) on events.
        acts: bool,
    },
    /// The checkpoint is of another log. Nothing was handled.
    OtherLog {
        /// The log of the checkpoint.
        expected: LogId,
        /// The log that was to be followed.
        found: LogId,
        /// Whether the subscriber [acts](super::Subscriber::ACTS) on events.
        acts: bool,
    },
    /// The handlers take events that they did not take before, and the log holds such events before the checkpoint, which the read
    /// model would miss. Nothing was handled.
    MissedEvents {
        /// The wire names.
        events: Vec<String>,
        /// The version of the subscriber.
        version: u32,
    },
    /// Code that has no error to return panicked, such as a `#[caught_up]` method.
    Panicked(String),
    /// Reading the log failed in a way that trying again does not mend.
    Store(StoreError),
    /// The views failed in a way that trying again does not mend.
    Views(StoreError),
}

const RESTORED: &str = "most likely a backup of the log was restored";

/// How a subscription begins anew.
fn anew(acts: bool) -> &'static str {
    if acts {
        "say where the processor goes on, with `with_effects_from(..)` before `start`: `Start::Now` repeats nothing"
    } else {
        "build the read model anew: with `with_rebuild` before `start`, or `rebuild` while the app runs"
    }
}

impl SubscriptionError {
    /// The error as one word, for logs and metrics: `handler`, `checkpoint_ahead`, `log_replaced`, `other_log`, `missed_events`,
    /// `panicked`, `log` or `views`.
    pub fn name(&self) -> &'static str {
        match self {
            SubscriptionError::Handler { .. } => "handler",
            SubscriptionError::CheckpointAhead { .. } => "checkpoint_ahead",
            SubscriptionError::LogReplaced { .. } => "log_replaced",
            SubscriptionError::OtherLog { .. } => "other_log",
            SubscriptionError::MissedEvents { .. } => "missed_events",
            SubscriptionError::Panicked(_) => "panicked",
            SubscriptionError::Store(_) => "log",
            SubscriptionError::Views(_) => "views",
        }
    }
}

impl fmt::Display for SubscriptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SubscriptionError::Handler { position, event, attempts, error } => {
                write!(f, "the handler of `{event}` at position {position} failed")?;
                if *attempts > 1 {
                    write!(f, " at each of {attempts} tries")?;
                }
                write!(f, ": {error}")
            }
            SubscriptionError::CheckpointAhead { checkpoint, head, acts } => {
                let (at, end) = (checkpoint.position, head.position);
                write!(
                    f,
                    "the checkpoint is at position {at}, but the log ends at {end}\nhelp: {RESTORED}; {}",
                    anew(*acts)
                )
            }
            SubscriptionError::LogReplaced { checkpoint, acts } => {
                write!(
                    f,
                    "the log no longer holds the event of the checkpoint, {checkpoint}\nhelp: {RESTORED}; {}",
                    anew(*acts)
                )
            }
            SubscriptionError::OtherLog { expected, found, acts } => write!(
                f,
                "the checkpoint is of the log {expected}, not of {found}, which was to be followed\nhelp: open the views that belong \
                 to this log, or {}",
                anew(*acts)
            ),
            SubscriptionError::MissedEvents { events, version } => write!(
                f,
                "it now takes `{}`, which the log already holds before the checkpoint; the read model would miss them\nhelp: write \
                 `version = {}`, so that it is built anew beside the old one",
                events.join("`, `"),
                version + 1
            ),
            SubscriptionError::Panicked(text) => write!(f, "the subscription panicked: {text}"),
            SubscriptionError::Store(error) => write!(f, "the log cannot be read: {error}"),
            SubscriptionError::Views(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SubscriptionError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            SubscriptionError::Handler { error, .. } => error.source(),
            SubscriptionError::Store(error) | SubscriptionError::Views(error) => std::error::Error::source(error),
            _ => None,
        }
    }
}
