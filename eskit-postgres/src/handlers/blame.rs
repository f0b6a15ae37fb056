use eskit_runtime::StoreError;
use eskit_runtime::subscription::HandleError;

use crate::error::{code_of, kind_of_failure};

/// What an error of a handler tells about the transaction.
pub(crate) enum Told {
    /// The database failed.
    Failure(StoreError),
    /// A statement failed before, and its error was not returned.
    Aborted,
    /// The handler failed.
    Handler(HandleError),
}

/// Tells failures of the database from those of a handler.
pub(crate) fn tell(error: HandleError, of: &str) -> Told {
    let Some(found) = error.downcast_ref::<sqlx::Error>() else { return Told::Handler(error) };
    match kind_of_failure(found) {
        Some(kind) => {
            Told::Failure(StoreError::new(kind, format!("the database failed under a handler of {of}: {error}")))
        }
        None if code_of(found) == "25P02" => Told::Aborted,
        None => Told::Handler(error),
    }
}

/// The error of a handler that went on after a statement of its own had failed.
pub(crate) fn went_on() -> HandleError {
    HandleError::new(
        "an SQL statement of this handler failed, and the handler went on, but its transaction cannot be committed any more\nhelp: return \
         the error of each statement with `?`; to go on after one, run it in a savepoint: `tx.begin()`",
    )
}

/// Whether a statement may have failed only because its connection prepared the same text before for other tables: those of another
/// projection, or of another version.
pub(crate) fn may_be_outdated(error: &HandleError) -> bool {
    let code = error.downcast_ref().map(code_of);
    matches!(code, Some("0A000" | "42804" | "42883" | "42P18" | "22P03" | "22P02" | "08P01"))
}
