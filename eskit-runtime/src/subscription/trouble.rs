use crate::log::store::error::{StoreError, StoreErrorKind};

use super::error::{ApplyError, SubscriptionError};

/// Why a claim was given up.
pub(super) enum Trouble {
    /// The subscription is to stop.
    Stopped,
    /// Another process has claimed it.
    Deposed,
    /// Trying again may help.
    Passing(String),
    Fatal(SubscriptionError),
}

impl From<ApplyError> for Trouble {
    fn from(error: ApplyError) -> Trouble {
        match error {
            ApplyError::Deposed => Trouble::Deposed,
            ApplyError::Views(error) => views_failed(error),
            ApplyError::Handler { error, .. } => Trouble::Passing(error.to_string()),
        }
    }
}

pub(super) fn views_failed(error: StoreError) -> Trouble {
    if is_final(error.kind()) {
        Trouble::Fatal(SubscriptionError::Views(error))
    } else {
        Trouble::Passing(error.to_string())
    }
}

pub(super) fn log_failed(error: StoreError) -> Trouble {
    // Whether the log still holds the checkpoint is checked with the next claim.
    if is_final(error.kind()) && error.kind() != StoreErrorKind::Replaced {
        Trouble::Fatal(SubscriptionError::Store(error))
    } else {
        Trouble::Passing(error.to_string())
    }
}

/// Whether a failure of this kind stays until somebody mends it.
fn is_final(kind: StoreErrorKind) -> bool {
    matches!(
        kind,
        StoreErrorKind::Invalid
            | StoreErrorKind::Denied
            | StoreErrorKind::Foreign
            | StoreErrorKind::Corrupt
            | StoreErrorKind::Closed
            | StoreErrorKind::FailedClosed
            | StoreErrorKind::Replaced
            | StoreErrorKind::WrongLog
            | StoreErrorKind::Unsupported
    )
}
