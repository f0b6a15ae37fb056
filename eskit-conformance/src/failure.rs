use std::fmt;
use std::panic::Location;

use eskit_runtime::StoreError;
use eskit_runtime::log::{AddTagsError, AppendError, StreamError};
use eskit_runtime::subscription::ApplyError;
use eskit_runtime::transfer::LoadError;

/// What a store did that the contract does not allow.
#[derive(Debug)]
pub struct Failure {
    text: String,
}

/// What a case returns.
pub(crate) type Outcome = Result<(), Failure>;

impl Failure {
    pub(crate) fn new(text: impl Into<String>) -> Failure {
        Failure { text: text.into() }
    }

    /// Says under which input the failure arose.
    pub(crate) fn during(self, what: impl fmt::Display) -> Failure {
        Failure { text: format!("{what}: {}", self.text) }
    }

    #[track_caller]
    fn unexpected(what: &str, error: impl fmt::Display) -> Failure {
        let at = Location::caller();
        Failure::new(format!("{what}: {error} ({}:{})", at.file(), at.line()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Failure {}

impl From<AppendError> for Failure {
    #[track_caller]
    fn from(error: AppendError) -> Failure {
        Failure::unexpected("an append that must go through was refused", error)
    }
}

impl From<StoreError> for Failure {
    #[track_caller]
    fn from(error: StoreError) -> Failure {
        Failure::unexpected("the store failed", error)
    }
}

impl From<ApplyError> for Failure {
    #[track_caller]
    fn from(error: ApplyError) -> Failure {
        Failure::unexpected("what views must do was refused", error)
    }
}

impl From<AddTagsError> for Failure {
    #[track_caller]
    fn from(error: AddTagsError) -> Failure {
        Failure::unexpected("tags that must be added to stored events were refused", error)
    }
}

impl From<StreamError> for Failure {
    #[track_caller]
    fn from(error: StreamError) -> Failure {
        Failure::unexpected("a change of a stream that must be made was refused", error)
    }
}

impl From<LoadError> for Failure {
    #[track_caller]
    fn from(error: LoadError) -> Failure {
        Failure::unexpected("records that must be loaded were refused", error)
    }
}

impl From<std::io::Error> for Failure {
    #[track_caller]
    fn from(error: std::io::Error) -> Failure {
        Failure::unexpected("the suite could not do its own work", error)
    }
}

impl From<tokio::task::JoinError> for Failure {
    #[track_caller]
    fn from(error: tokio::task::JoinError) -> Failure {
        Failure::unexpected("a task ended early", error)
    }
}

/// Fails with a text unless a condition holds.
macro_rules! ensure {
    ($condition:expr, $($text:tt)+) => {
        if !$condition {
            return Err($crate::failure::Failure::new(format!($($text)+)));
        }
    };
}
pub(crate) use ensure;

/// Fails unless what was found is what was expected.
pub(crate) fn same<T: PartialEq + fmt::Debug>(what: &str, found: &T, expected: &T) -> Outcome {
    ensure!(found == expected, "{what}: found {found:?}, expected {expected:?}");
    Ok(())
}
