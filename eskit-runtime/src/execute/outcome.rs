use std::fmt;

use crate::execute::error::ExecuteError;
use crate::execute::executed::Executed;
use crate::log::store::error::StoreErrorKind;

/// Which one of the outcomes of a command.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum OutcomeKind {
    /// Events were appended.
    Appended,
    /// The decider returned no events.
    Nothing,
    /// An earlier call with the same idempotency key had appended the events.
    Repeated,
    /// The decider refused.
    Refused,
    /// A middleware refused.
    Denied,
    /// Others appended in between at every attempt.
    Conflict,
    /// The events may or may not be in the log.
    Unknown,
    /// The log could not be reached, or cannot at present: later it may succeed.
    Unavailable,
    /// A value crosses a limit, a key was used before, a stream is closed, or the call does not fit the command.
    Invalid,
    /// Anything else failed.
    Failed,
}

impl OutcomeKind {
    /// All outcomes.
    pub const ALL: [OutcomeKind; 10] = [
        OutcomeKind::Appended,
        OutcomeKind::Nothing,
        OutcomeKind::Repeated,
        OutcomeKind::Refused,
        OutcomeKind::Denied,
        OutcomeKind::Conflict,
        OutcomeKind::Unknown,
        OutcomeKind::Unavailable,
        OutcomeKind::Invalid,
        OutcomeKind::Failed,
    ];

    /// Which one an answer is.
    pub fn of<M, E>(answer: &Result<Executed<M>, ExecuteError<E>>) -> OutcomeKind {
        match answer {
            Ok(executed) if executed.repeated => OutcomeKind::Repeated,
            Ok(executed) if executed.events.is_empty() => OutcomeKind::Nothing,
            Ok(_) => OutcomeKind::Appended,
            Err(error) => OutcomeKind::of_error(error),
        }
    }

    fn of_error<E>(error: &ExecuteError<E>) -> OutcomeKind {
        match error {
            ExecuteError::Domain(_) => OutcomeKind::Refused,
            ExecuteError::Denied(_) => OutcomeKind::Denied,
            ExecuteError::Conflict { .. } => OutcomeKind::Conflict,
            ExecuteError::UnknownOutcome(_) => OutcomeKind::Unknown,
            ExecuteError::Store(error) if error.is_transient() => OutcomeKind::Unavailable,
            ExecuteError::Store(error) if error.kind() == StoreErrorKind::Invalid => OutcomeKind::Invalid,
            ExecuteError::Limit(_)
            | ExecuteError::IdReused { .. }
            | ExecuteError::KeyReused(_)
            | ExecuteError::StreamClosed(_)
            | ExecuteError::Options(_)
            | ExecuteError::Key(_) => OutcomeKind::Invalid,
            _ => OutcomeKind::Failed,
        }
    }

    /// Its name: `appended`, `nothing`, `repeated`, `refused`, `denied`, `conflict`, `unknown`, `unavailable`, `invalid` or `failed`.
    pub fn as_str(self) -> &'static str {
        match self {
            OutcomeKind::Appended => "appended",
            OutcomeKind::Nothing => "nothing",
            OutcomeKind::Repeated => "repeated",
            OutcomeKind::Refused => "refused",
            OutcomeKind::Denied => "denied",
            OutcomeKind::Conflict => "conflict",
            OutcomeKind::Unknown => "unknown",
            OutcomeKind::Unavailable => "unavailable",
            OutcomeKind::Invalid => "invalid",
            OutcomeKind::Failed => "failed",
        }
    }

    /// The outcome with this name.
    pub fn from_name(name: &str) -> Option<OutcomeKind> {
        OutcomeKind::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Whether the events of the command are in the log, or it had none.
    pub fn is_success(self) -> bool {
        matches!(self, OutcomeKind::Appended | OutcomeKind::Nothing | OutcomeKind::Repeated)
    }
}

impl fmt::Display for OutcomeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
