use std::fmt;
use std::io;

use eskit::StoreError;
use eskit::log::{StoreErrorKind, StreamError};
use eskit::transfer::LoadError;
use eskit_transfer::{ArchiveError, TransferError};

use crate::remedy;

/// How the command ends: its exit code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Exit {
    /// It did what was asked.
    Ok = 0,
    /// It could not.
    Failed = 1,
    /// The command line is wrong.
    Usage = 2,
    /// A check found a difference, or something unhealthy.
    Difference = 3,
    /// The state of the log does not allow it, or it was not confirmed.
    Refused = 4,
    /// The database cannot be reached, or is busy.
    Unreachable = 5,
}

/// Why the command ends early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// With this code and this text.
    Error(Exit, String),
    /// With this code, after everything was said.
    Told(Exit),
    /// Nobody reads on, as after `| head`.
    BrokenPipe,
}

impl Failure {
    pub(crate) fn new(text: impl Into<String>) -> Failure {
        Failure::Error(Exit::Failed, text.into())
    }

    pub(crate) fn usage(text: impl Into<String>) -> Failure {
        Failure::Error(Exit::Usage, text.into())
    }

    pub(crate) fn refused(text: impl Into<String>) -> Failure {
        Failure::Error(Exit::Refused, text.into())
    }
}

fn exit_of(kind: StoreErrorKind) -> Exit {
    match kind {
        StoreErrorKind::Unavailable | StoreErrorKind::Busy => Exit::Unreachable,
        StoreErrorKind::Invalid => Exit::Usage,
        StoreErrorKind::Refused | StoreErrorKind::ReadOnly | StoreErrorKind::Denied | StoreErrorKind::Sealed => {
            Exit::Refused
        }
        _ => Exit::Failed,
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        Failure::Error(exit_of(error.kind()), remedy::of_command(&error.to_string()))
    }
}

impl From<StreamError> for Failure {
    fn from(error: StreamError) -> Failure {
        match error {
            StreamError::Store(error) => error.into(),
            StreamError::Refused { .. } => Failure::Error(Exit::Refused, error.to_string()),
            StreamError::Limit(_) => Failure::Error(Exit::Usage, error.to_string()),
            error => Failure::Error(Exit::Failed, remedy::of_command(&error.to_string())),
        }
    }
}

impl From<TransferError> for Failure {
    fn from(error: TransferError) -> Failure {
        let exit = match &error {
            TransferError::Source(error)
            | TransferError::Target(error)
            | TransferError::Load(LoadError::Store(error)) => exit_of(error.kind()),
            TransferError::WentApart { .. }
            | TransferError::SameStore
            | TransferError::Exists { .. }
            | TransferError::Load(_) => Exit::Refused,
            _ => Exit::Failed,
        };
        Failure::Error(exit, remedy::of_command(&error.to_string()))
    }
}

impl From<ArchiveError> for Failure {
    fn from(error: ArchiveError) -> Failure {
        let exit = match &error {
            ArchiveError::From(error) | ArchiveError::To(error) => exit_of(error.kind()),
            ArchiveError::NoStream { .. } => Exit::Failed,
            ArchiveError::Differs { .. } | ArchiveError::Deleted { .. } => Exit::Difference,
            _ => Exit::Refused,
        };
        Failure::Error(exit, remedy::of_command(&error.to_string()))
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::BrokenPipe,
            _ => Failure::new(format!("cannot write the output: {error}")),
        }
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Failure {
        io::Error::from(error).into()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Error(_, text) => f.write_str(text),
            Failure::Told(_) | Failure::BrokenPipe => Ok(()),
        }
    }
}
