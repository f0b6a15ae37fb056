use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use eskit_runtime::StoreError;
use eskit_runtime::log::{EventId, StoreErrorKind};
use rusqlite::{Connection, OpenFlags};

use crate::error::Fault;
use crate::file::identity::FileGuard;
use crate::file::mark;
use crate::open::connect;
use crate::open::options::SqliteOptions;

/// Copies the log at `from` to a new file at `to`, all or nothing. Blocks.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    if to.exists() {
        return Err(exists(to));
    }
    // Beside the copy, so that it can be given its name in one step.
    let mut draft = to.as_os_str().to_owned();
    draft.push(format!(".{}", EventId::new()));
    let draft = PathBuf::from(draft);
    let copied = write(from, &draft)
        .map_err(|fault| fault.into_error("back up", from))
        .and_then(|()| publish(&draft, to).map_err(|error| refused(to, error)));
    if copied.is_err() {
        // What is left of it is no copy; that it cannot be removed matters less than why it failed.
        let _ = fs::remove_file(&draft);
    }
    copied
}

/// Writes a consistent copy.
fn write(from: &Path, draft: &Path) -> Result<(), Fault> {
    let mut files = FileGuard::at(from);
    let log = connect::open_reader(from, &SqliteOptions::default())?;
    files.check_file(&log)?;
    // SQLite takes the name for a URI that begins with `file:`, which no absolute path does.
    log.execute("VACUUM INTO ?1", [draft.to_string_lossy()])?;
    files.check_file(&log)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    // When it is copied over the log one day, it must not be taken for a part of it.
    mark::renew(&Connection::open_with_flags(draft, flags)?)
}

/// Makes a draft durable and gives it its name, unless another file has it.
fn publish(draft: &Path, to: &Path) -> io::Result<()> {
    File::options().write(true).open(draft)?.sync_all()?;
    match fs::hard_link(draft, to) {
        Ok(()) => fs::remove_file(draft)?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(error),
        // Not every file system has links.
        Err(_) if !to.exists() => fs::rename(draft, to)?,
        Err(error) => return Err(error),
    }
    #[cfg(unix)]
    if let Some(folder) = to.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn refused(to: &Path, error: io::Error) -> StoreError {
    if error.kind() == io::ErrorKind::AlreadyExists {
        return exists(to);
    }
    let kind = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreErrorKind::Full,
        _ => StoreErrorKind::Unavailable,
    };
    StoreError::new(kind, format!("cannot write the backup `{}`: {error}", to.display())).with_source(error)
}

fn exists(to: &Path) -> StoreError {
    let text = format!("there is a file `{}` already\nhelp: back up to another path, or remove it first", to.display());
    StoreError::new(StoreErrorKind::Invalid, text)
}
