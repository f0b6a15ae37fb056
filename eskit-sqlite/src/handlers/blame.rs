use eskit_runtime::log::StoreErrorKind;
use eskit_runtime::subscription::HandleError;
use rusqlite::ErrorCode;

use crate::handlers::tx::Tx;

/// The fault of a handler that ended the transaction.
pub(crate) const ENDED: &str = "the handler ended the transaction, so what it wrote is lost\nhelp: use `OR ABORT` in place of `OR \
                                ROLLBACK`, and `RAISE(ABORT, ..)` in place of `RAISE(ROLLBACK, ..)`";

/// Whose fault an error of a handler is.
pub(crate) enum Blame {
    /// The database failed under it.
    Database(StoreErrorKind, HandleError),
    Handler(HandleError),
}

impl Blame {
    /// Finds out. What the rules refused is told in their words.
    pub(crate) fn of(tx: &Tx, error: HandleError) -> Blame {
        let Some(sql) = error.downcast_ref::<rusqlite::Error>() else { return Blame::Handler(error) };
        if let Some(kind) = of_database(sql) {
            return Blame::Database(kind, error);
        }
        let is_refused = sql.sqlite_error_code() == Some(ErrorCode::AuthorizationForStatementDenied);
        match tx.rules().take_refusal() {
            Some(text) if is_refused => Blame::Handler(HandleError::new(text)),
            _ => Blame::Handler(error),
        }
    }
}

/// The kind of a failure of the database, which is not the fault of the SQL that met it.
pub(crate) fn of_database(error: &rusqlite::Error) -> Option<StoreErrorKind> {
    match error.sqlite_error_code()? {
        ErrorCode::DatabaseBusy | ErrorCode::FileLockingProtocolFailed => Some(StoreErrorKind::Busy),
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied => Some(StoreErrorKind::ReadOnly),
        ErrorCode::DiskFull => Some(StoreErrorKind::Full),
        ErrorCode::DatabaseCorrupt => Some(StoreErrorKind::Corrupt),
        ErrorCode::NotADatabase => Some(StoreErrorKind::Foreign),
        ErrorCode::CannotOpen => Some(StoreErrorKind::Unavailable),
        ErrorCode::SystemIoFailure | ErrorCode::OutOfMemory | ErrorCode::NoLargeFileSupport => {
            Some(StoreErrorKind::Other)
        }
        _ => None,
    }
}
