use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use eskit_runtime::StoreError;
use eskit_runtime::log::Place;
use eskit_runtime::transfer::LoadError;

/// Why a log was not moved. What was loaded before stays, and the next run goes on from there.
#[derive(Debug)]
#[non_exhaustive]
pub enum TransferError {
    /// The log that is copied cannot be read.
    Source(StoreError),
    /// The store that it is copied to cannot be read.
    Target(StoreError),
    /// The store that it is copied to did not take the records.
    Load(LoadError),
    /// The store ends with an event that the log does not hold: something else was appended to it, or it holds another log.
    WentApart {
        /// Where the store ends.
        head: Place,
    },
    /// The log that is copied changed faster than its streams could be compared.
    Restless,
    /// The store to copy to is the one that is copied.
    SameStore,
    /// There is a file at the path already.
    Exists {
        /// The path.
        path: PathBuf,
    },
    /// The file cannot be read or written.
    File {
        /// The path.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The file is no backup of a log.
    NoBackup {
        /// The path.
        path: PathBuf,
    },
    /// The file was written by a later version.
    Newer {
        /// The path.
        path: PathBuf,
        /// The format of the file.
        format: u64,
    },
    /// The file is damaged, or ends early.
    Damaged {
        /// The path.
        path: PathBuf,
        /// The byte, or in a file of lines the line, at which what is damaged begins.
        at: u64,
        /// What is wrong.
        what: String,
    },
}

impl TransferError {
    pub(crate) fn file(path: &Path) -> impl FnOnce(io::Error) -> TransferError + '_ {
        |error| TransferError::File { path: path.to_owned(), error }
    }
}

impl fmt::Display for TransferError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TransferError::Source(error) => write!(f, "the log to copy: {error}"),
            TransferError::Target(error) => write!(f, "the store to copy to: {error}"),
            TransferError::Load(error) => write!(f, "the store to copy to: {error}"),
            TransferError::WentApart { head } => write!(
                f,
                "the store to copy to ends with the event at {head}, which is not an event of the log that is copied, or not the last one of \
                 an append\nhelp: copy into an empty store"
            ),
            TransferError::Restless => f.write_str(
                "streams of the log changed again and again while they were compared\nhelp: stop the programs that write to it, and run again",
            ),
            TransferError::SameStore => {
                f.write_str("the store to copy to is the one that is copied\nhelp: name another store")
            }
            TransferError::Exists { path } => {
                write!(f, "there is a file `{}` already\nhelp: write to another path, or remove it first", path.display())
            }
            TransferError::File { path, error } => write!(f, "cannot read or write `{}`: {error}", path.display()),
            TransferError::NoBackup { path } => {
                write!(f, "`{}` is no backup of a log\nhelp: name a file that `backup` wrote", path.display())
            }
            TransferError::Newer { path, format } => write!(
                f,
                "`{}` has format {format}, which this program does not know\nhelp: update the program",
                path.display()
            ),
            TransferError::Damaged { path, at, what } => {
                write!(f, "`{}` is damaged at {at}: {what}\nhelp: use another copy of the backup", path.display())
            }
        }
    }
}

impl std::error::Error for TransferError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            TransferError::Source(error) | TransferError::Target(error) => error.source(),
            TransferError::Load(error) => error.source(),
            TransferError::File { error, .. } => Some(error),
            _ => None,
        }
    }
}
