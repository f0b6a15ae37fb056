use std::fmt;
use std::sync::Arc;

use eskit_runtime::execute::OutcomeKind;

/// What is told of errors.
pub(super) type OnError = Arc<dyn Fn(&ServiceError) + Send + Sync>;

/// What an operator of a service of commands should know. Callers were told, as far as that was possible.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ServiceError {
    /// A command failed, could not reach the log, or has an unknown outcome.
    Failed {
        /// The wire name of the command.
        command: String,
        /// Which of these.
        outcome: OutcomeKind,
        /// Why.
        text: String,
    },
    /// Code of the program panicked while it executed a command. The service goes on.
    Panicked {
        /// The wire name of the command.
        command: String,
        /// The text of the panic.
        text: String,
    },
    /// A command was not executed, since more of them wait than the service allows.
    Busy {
        /// The wire name of the command.
        command: String,
    },
    /// A message was not executed, since it has no address for an answer.
    NoReply {
        /// The wire name of the command.
        command: String,
    },
    /// An answer could not be sent. The command was executed or not, as it says.
    NotAnswered {
        /// The wire name of the command.
        command: String,
        /// What came of it.
        outcome: String,
        /// Why it could not be sent.
        text: String,
    },
    /// A subscription ended although the service was not stopped: this process serves the command no more.
    Ended {
        /// The subject.
        subject: String,
    },
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ServiceError::Failed { command, outcome, text } => write!(f, "the command `{command}` ({outcome}): {text}"),
            ServiceError::Panicked { command, text } => {
                write!(f, "the command `{command}` panicked, and may have appended its events: {text}")
            }
            ServiceError::Busy { command } => write!(
                f,
                "the command `{command}` was not executed, since too many wait\nhelp: start more processes, or raise `concurrency` or `waiting` of the service"
            ),
            ServiceError::NoReply { command } => write!(
                f,
                "the command `{command}` was not executed, since the message has no subject for a reply\nhelp: send it as a request"
            ),
            ServiceError::NotAnswered { command, outcome, text } => {
                write!(f, "the answer `{outcome}` to the command `{command}` could not be sent: {text}")
            }
            ServiceError::Ended { subject } => write!(
                f,
                "the subscription to `{subject}` has ended\nhelp: check that the connection is open; then start the service again"
            ),
        }
    }
}

impl std::error::Error for ServiceError {}
