use std::collections::HashMap;
use std::error::Error;
use std::fmt;

use eskit::prelude::*;
use eskit::{AppendError, EncodeError};

use crate::batch::Batch;
use crate::{CaseId, Checkpoint, CheckpointError, Entry, FileError, LogFile};

const LINES_PER_PROGRESS: u64 = 1000;

/// What an import did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Imported {
    /// How many events the log holds of this file now: one for each line.
    pub events: u64,
    /// How many of them were there before.
    pub events_before: u64,
}

/// Appends what the log does not hold yet of a file, in the order of its lines. Calls `progress` every 1,000 lines.
///
/// Keeps one counter for each case, and at most 1,000 events, in memory.
///
/// # Errors
/// See [`ImportError`]. What was appended before stays; the next import goes on behind it.
pub async fn import<S: EventStore>(
    store: &S,
    file: &mut LogFile,
    mut progress: impl FnMut(&LogFile),
) -> Result<Imported, ImportError> {
    let checkpoint = Checkpoint::read(store).await?;
    let events_before = checkpoint.map_or(0, |checkpoint| checkpoint.line);
    // Where each stream stands follows from the file, so no stream is read.
    let mut versions: HashMap<CaseId, u64> = HashMap::new();
    let mut batch = Batch::default();
    let mut events = 0;
    while let Some(line) = file.next_line()? {
        events = line.number;
        if checkpoint.is_some_and(|checkpoint| line.number == checkpoint.line && !checkpoint.is_of(line)) {
            return Err(ImportError::OtherFile { line: line.number });
        }
        let entry = match Entry::parse(line.bytes) {
            Ok(entry) => entry,
            Err(error) => return Err(file.invalid(error).into()),
        };
        let version = versions.entry(entry.case).or_default();
        if line.number > events_before {
            if !batch.has_room_for(entry.case) {
                store.append(batch.take()).await?;
            }
            batch.push(line, &entry, *version)?;
        }
        *version += 1;
        if events % LINES_PER_PROGRESS == 0 {
            progress(file);
        }
    }
    if events < events_before {
        return Err(ImportError::FileTooShort { lines: events, events: events_before });
    }
    if !batch.is_empty() {
        store.append(batch.take()).await?;
    }
    progress(file);
    Ok(Imported { events, events_before })
}

/// Why an import ended early. What was appended before stays in the log.
#[derive(Debug)]
pub enum ImportError {
    /// The file cannot be read as a loan log.
    File(FileError),
    /// It cannot be told how far an earlier import came.
    Checkpoint(CheckpointError),
    /// The log holds an import of another file.
    OtherFile {
        /// The line of this file that differs from what was imported last.
        line: u64,
    },
    /// The log holds more events than the file has lines.
    FileTooShort {
        /// How many lines the file has.
        lines: u64,
        /// How many events were imported before.
        events: u64,
    },
    /// An event cannot be encoded.
    Encode(EncodeError),
    /// The store refused the events.
    Append(AppendError),
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ImportError::File(error) => error.fmt(f),
            ImportError::Checkpoint(error) => error.fmt(f),
            ImportError::OtherFile { line } => write!(
                f,
                "the log ends with an event of another file than this one, whose line {line} differs\n\
                 help: pass the file that the import began with, or choose another store with `--store`"
            ),
            ImportError::FileTooShort { lines, events } => write!(
                f,
                "the file has {lines} lines, but {events} were imported before\n\
                 help: pass the file that the import began with, or choose another store with `--store`"
            ),
            ImportError::Encode(error) => error.fmt(f),
            ImportError::Append(error @ AppendError::Conflict(_)) => {
                write!(f, "another program writes to the loan streams: {error}\nhelp: start again when it has ended")
            }
            ImportError::Append(error) => error.fmt(f),
        }
    }
}

impl Error for ImportError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            ImportError::File(error) => error.source(),
            ImportError::Checkpoint(error) => error.source(),
            ImportError::Encode(error) => error.source(),
            ImportError::Append(error) => error.source(),
            ImportError::OtherFile { .. } | ImportError::FileTooShort { .. } => None,
        }
    }
}

impl From<FileError> for ImportError {
    fn from(error: FileError) -> ImportError {
        ImportError::File(error)
    }
}

impl From<CheckpointError> for ImportError {
    fn from(error: CheckpointError) -> ImportError {
        ImportError::Checkpoint(error)
    }
}

impl From<EncodeError> for ImportError {
    fn from(error: EncodeError) -> ImportError {
        ImportError::Encode(error)
    }
}

impl From<AppendError> for ImportError {
    fn from(error: AppendError) -> ImportError {
        ImportError::Append(error)
    }
}
