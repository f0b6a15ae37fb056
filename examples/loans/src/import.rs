use std::error::Error;
use std::fmt;

use eskit::codec::EncodeError;
use eskit::log::{NewEvent, Principal, PrincipalKind};
use eskit::prelude::*;
use eskit::{Import, Imported, StoreError};

use crate::{Entry, FileError, LogFile};

const LINES_PER_PROGRESS: u64 = 1000;

/// What the events in the log are named after: every copy of the file is the same source.
const SOURCE: &str = "BPI Challenge 2012";

/// Appends what the log does not hold yet of a file, in the order of its lines: one event for each, in the stream of its
/// case. Calls `progress` every 1,000 lines.
///
/// # Errors
/// See [`ImportError`]. What was appended before stays; the next import goes on behind it.
pub async fn import<S: EventStore>(
    store: &S,
    file: &mut LogFile,
    mut progress: impl FnMut(&LogFile),
) -> Result<Imported, ImportError> {
    let mut import = Import::resume(store, SOURCE).await?;
    while let Some(line) = file.next_line()? {
        let number = line.number;
        let entry = match Entry::parse(line.bytes) {
            Ok(entry) => entry,
            Err(error) => return Err(file.invalid(error).into()),
        };
        for event in events(number, &entry)? {
            import.push(number, event).await?;
        }
        if number % LINES_PER_PROGRESS == 0 {
            progress(file);
        }
    }
    let imported = import.finish().await?;
    progress(file);
    Ok(imported)
}

/// What a line says, as it is to stand in the log.
fn events(number: u64, entry: &Entry) -> Result<Vec<NewEvent>, EncodeError> {
    let mut metadata = Metadata::new().with("line", number.to_string());
    if let Some(resource) = &entry.resource {
        metadata = metadata.with_initiator(Principal::new(PrincipalKind::User, resource));
    }
    let mut events = NewEvent::encode(&entry.event)?;
    for event in &mut events {
        event.stream = Some(entry.case.stream());
        event.recorded_at = Some(entry.at);
        event.metadata = metadata.clone();
    }
    Ok(events)
}

/// Why an import ended early. What was appended before stays in the log.
#[derive(Debug)]
pub enum ImportError {
    /// The file cannot be read as a loan log.
    File(FileError),
    /// An event cannot be encoded.
    Encode(EncodeError),
    /// The store failed, or holds an import of another file.
    Import(eskit::ImportError),
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ImportError::File(error) => error.fmt(f),
            ImportError::Encode(error) => error.fmt(f),
            ImportError::Import(error) => error.fmt(f),
        }
    }
}

impl Error for ImportError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            ImportError::File(error) => error.source(),
            ImportError::Encode(error) => error.source(),
            ImportError::Import(error) => error.source(),
        }
    }
}

impl From<FileError> for ImportError {
    fn from(error: FileError) -> ImportError {
        ImportError::File(error)
    }
}

impl From<EncodeError> for ImportError {
    fn from(error: EncodeError) -> ImportError {
        ImportError::Encode(error)
    }
}

impl From<StoreError> for ImportError {
    fn from(error: StoreError) -> ImportError {
        ImportError::Import(eskit::ImportError::Store(error))
    }
}

impl From<eskit::ImportError> for ImportError {
    fn from(error: eskit::ImportError) -> ImportError {
        ImportError::Import(error)
    }
}
