use std::fmt;
use std::path::{Path, PathBuf};

use eskit_runtime::StoreError;
use eskit_runtime::log::{Place, StoreErrorKind};
use eskit_runtime::subscription::SynchronousError;
use rusqlite::ErrorCode;

/// What can go wrong between this crate and the file.
#[derive(Debug)]
pub(crate) enum Fault {
    /// SQLite refused or failed.
    Sqlite(rusqlite::Error),
    /// A row holds what this crate never writes.
    Damaged(String),
    /// The code of this crate, with this text.
    Panicked(String),
    /// This file was removed or replaced while it was open.
    Moved(PathBuf),
    /// This file was written to by another program than SQLite while it was open.
    Overwritten(PathBuf),
    /// The log does not hold this place.
    Replaced(Place),
    /// A synchronous projection refused.
    Synchronous(SynchronousError),
    /// Something of this kind, with this text.
    Failed(StoreErrorKind, String),
}

impl From<SynchronousError> for Fault {
    fn from(error: SynchronousError) -> Fault {
        Fault::Synchronous(error)
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Fault {
        Fault::Sqlite(error)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Sqlite(error) => error.fmt(f),
            Fault::Damaged(text) | Fault::Failed(_, text) => f.write_str(text),
            Fault::Synchronous(error) => error.fmt(f),
            Fault::Panicked(text) => write!(f, "a thread of the store panicked: {text}"),
            Fault::Replaced(place) => StoreError::replaced(*place).fmt(f),
            Fault::Moved(file) => write!(f, "`{}` was removed or replaced while it was open", file.display()),
            Fault::Overwritten(file) => write!(
                f,
                "another file was copied over `{0}` while it was in use, so it and `{0}-wal` do not belong together",
                file.display()
            ),
        }
    }
}

impl Fault {
    /// The kind of store error that this becomes.
    pub(crate) fn kind(&self) -> StoreErrorKind {
        let error = match self {
            Fault::Sqlite(error) => error,
            Fault::Damaged(_) | Fault::Overwritten(_) => return StoreErrorKind::Corrupt,
            Fault::Panicked(_) => return StoreErrorKind::Other,
            Fault::Moved(_) => return StoreErrorKind::FailedClosed,
            Fault::Replaced(_) => return StoreErrorKind::Replaced,
            Fault::Synchronous(error) => return error.kind(),
            Fault::Failed(kind, _) => return *kind,
        };
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed) => {
                StoreErrorKind::Busy
            }
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => StoreErrorKind::ReadOnly,
            Some(ErrorCode::DiskFull) => StoreErrorKind::Full,
            Some(ErrorCode::DatabaseCorrupt) => StoreErrorKind::Corrupt,
            Some(ErrorCode::NotADatabase) => StoreErrorKind::Foreign,
            Some(ErrorCode::CannotOpen) => StoreErrorKind::Unavailable,
            _ => StoreErrorKind::Other,
        }
    }

    /// Whether a bound on SQLite's steps was crossed.
    pub(crate) fn is_interrupted(&self) -> bool {
        matches!(self, Fault::Sqlite(error) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted))
    }

    /// Whether a commit that failed with this certainly wrote nothing.
    pub(crate) fn is_definite(&self) -> bool {
        matches!(self.kind(), StoreErrorKind::Busy | StoreErrorKind::ReadOnly | StoreErrorKind::Full)
    }

    /// Whether a later attempt may succeed without opening the store again.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(
            self.kind(),
            StoreErrorKind::Busy | StoreErrorKind::ReadOnly | StoreErrorKind::Full | StoreErrorKind::Unavailable
        ) || matches!(self, Fault::Synchronous(_))
    }

    /// As [`Fault::into_error`], for one of several callers.
    pub(crate) fn to_error(&self, doing: &str, path: &Path) -> StoreError {
        let error = StoreError::new(self.kind(), self.text(doing, path));
        match self {
            Fault::Synchronous(source) => error.with_source(source.clone()),
            _ => error,
        }
    }

    /// The error that a caller sees: what was tried on which file, what SQLite said, and what to do.
    pub(crate) fn into_error(self, doing: &str, path: &Path) -> StoreError {
        let error = self.to_error(doing, path);
        match self {
            Fault::Sqlite(source) => error.with_source(source),
            _ => error,
        }
    }

    /// The text of [`Fault::into_error`].
    pub(crate) fn text(&self, doing: &str, path: &Path) -> String {
        let remedy = if matches!(self, Fault::Overwritten(_)) { RESTORE } else { remedy(self.kind()) };
        format!("cannot {doing} `{}`: {self}{remedy}", path.display())
    }
}

const RESTORE: &str = "\nhelp: end every program that has it open, remove the files ending in `-wal` and `-shm`, and restore the \
                       backup anew: see \"Back up and restore\" at `SqliteStore`";

fn remedy(kind: StoreErrorKind) -> &'static str {
    match kind {
        StoreErrorKind::Busy => {
            "; another process held the file for longer than the busy timeout: try again, or raise `busy_timeout`"
        }
        StoreErrorKind::ReadOnly => {
            "; make the file and its folder writable; to read, with `read_only(true)`, the folder is enough"
        }
        StoreErrorKind::Full => "; nothing was written: free space or raise `max_bytes`, then try again",
        StoreErrorKind::Corrupt => "; the file is damaged: restore a backup, or run `.recover` of the sqlite3 shell",
        StoreErrorKind::Foreign => "; it is no SQLite database, or its header is damaged: choose another path",
        StoreErrorKind::FailedClosed => {
            "; nothing was written: put it back if it was only moved, then close the store and open it again"
        }
        StoreErrorKind::Unavailable => {
            "; check that the path exists and may be opened, and that its folder may be written"
        }
        _ => "",
    }
}

/// The store was closed.
pub(crate) fn closed(path: &Path) -> StoreError {
    StoreError::new(StoreErrorKind::Closed, format!("the store `{}` is closed; open it again", path.display()))
}

/// A thread of the store could not be started.
pub(crate) fn no_thread(error: std::io::Error) -> StoreError {
    StoreError::new(StoreErrorKind::Other, format!("cannot start a thread of the store: {error}")).with_source(error)
}
