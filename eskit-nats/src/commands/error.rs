use std::error::Error;
use std::fmt;

/// Why a command that was sent was not executed, or may not have been. `E` is the error of its decider.
///
/// Only after [`UnknownOutcome`](CommandError::UnknownOutcome) may its events be in the log. Each variant has a text for people, which
/// `Display` writes.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum CommandError<E> {
    /// The decider refused: sending it again does not help.
    Refused {
        /// The decider's error; `None` if the service sends only texts, or an error that this program cannot read.
        error: Option<E>,
        /// Its text.
        text: String,
    },
    /// A middleware of the service does not allow it.
    Denied(String),
    /// Others appended in between at every attempt: sending it again may help.
    Conflict(String),
    /// No process serves a command of this name now.
    NotFound(String),
    /// The payload does not fit the command, a value crosses a limit, the idempotency key belongs to another command, or a stream is closed.
    Invalid(String),
    /// The service could not execute it now: it has too much to do, the request was late, or the log cannot be reached. Sending it again may
    /// help.
    Unavailable(String),
    /// The command may have been executed: there was no answer in time, or the log lost the answer to the append. Send it again with the same
    /// idempotency key to find out.
    UnknownOutcome(String),
    /// The service is at fault.
    Failed(String),
}

impl<E> CommandError<E> {
    /// The decider's error, if this is a refusal and its error is known here.
    pub fn domain(&self) -> Option<&E> {
        match self {
            CommandError::Refused { error, .. } => error.as_ref(),
            _ => None,
        }
    }

    fn text(&self) -> &str {
        match self {
            CommandError::Refused { text, .. }
            | CommandError::Denied(text)
            | CommandError::Conflict(text)
            | CommandError::NotFound(text)
            | CommandError::Invalid(text)
            | CommandError::Unavailable(text)
            | CommandError::UnknownOutcome(text)
            | CommandError::Failed(text) => text,
        }
    }
}

impl<E> fmt::Display for CommandError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl<E: fmt::Debug> Error for CommandError<E> {}
