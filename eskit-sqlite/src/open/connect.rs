use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use eskit_runtime::StoreError;
use eskit_runtime::log::{Place, StoreErrorKind};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::error::Fault;
use crate::file::erase::{SecureDelete, secure_delete};
use crate::file::identity::FileGuard;
use crate::file::{place, schema};
use crate::open::options::{Durability, SqliteOptions};

/// Before this version a reset of the write-ahead log could corrupt the database.
const SQLITE_VERSION_MIN: i32 = 3_051_003;
/// Pages of the write-ahead log after which a commit copies them into the file. They fit one hash table of its index
/// (4,062 entries), so a reader looks into one only.
const CHECKPOINT_PAGES: u32 = 4000;
/// The write-ahead log is cut to this size when it is reset.
const WAL_BYTES_KEPT: i64 = 64 << 20;
/// SQLite goes through the whole cache after each commit in which it reordered pages: a larger one would cost more than it
/// spares.
const WRITER_CACHE_KIB: i64 = 16 << 10;
const READER_CACHE_KIB: i64 = 16 << 10;
/// Prepared statements that one connection keeps; above the number of SQL texts of this crate in common use.
const STATEMENTS_KEPT: usize = 64;

/// The connections of one store.
pub(crate) struct Connections {
    /// `None` for a store that was opened for reading only.
    pub(crate) writer: Option<Connection>,
    pub(crate) readers: Vec<Connection>,
    pub(crate) poller: Connection,
    pub(crate) head: Place,
}

/// The absolute form of a path: SQLite must not take it for a URI, nor must it move with the working directory.
pub(crate) fn absolute(path: &Path) -> Result<PathBuf, StoreError> {
    if path.as_os_str().is_empty() || path.as_os_str() == ":memory:" {
        let text = format!("`{}` names no file; use the memory store instead", path.display());
        return Err(StoreError::new(StoreErrorKind::Invalid, text));
    }
    std::path::absolute(path).map_err(|error| {
        let text = format!("cannot resolve the path `{}`: {error}", path.display());
        StoreError::new(StoreErrorKind::Unavailable, text).with_source(error)
    })
}

/// Opens every connection; migrates the file unless it is opened for reading only. Blocks.
pub(crate) fn open(path: &Path, options: &SqliteOptions) -> Result<Connections, StoreError> {
    check_version(rusqlite::version_number())?;
    if !path.exists() && (options.read_only || !options.create) {
        let text = format!(
            "there is no file `{}`\nhelp: check the path, or create the file with `create(true)`",
            path.display()
        );
        return Err(StoreError::new(StoreErrorKind::Unavailable, text));
    }
    check_new_name(path)?;
    let writer = if options.read_only { None } else { Some(open_writer(path, options)?) };
    let fail = |fault: Fault| fault.into_error("open", path);
    let mut readers = Vec::with_capacity(options.readers);
    for _ in 0..options.readers {
        readers.push(open_reader(path, options).map_err(fail)?);
    }
    let poller = open_reader(path, options).map_err(fail)?;
    schema::check(&poller, path)?;
    FileGuard::at(path).check_file(&poller).map_err(fail)?;
    let head = place::head(&poller).map_err(fail)?;
    Ok(Connections { writer, readers, poller, head })
}

/// Creates no file whose name was read together with what stands around it, such as the line break at the end of a variable:
/// the log that was meant would look empty.
pub(crate) fn check_new_name(path: &Path) -> Result<(), StoreError> {
    let name = path.to_string_lossy();
    if (name.trim() == name && !name.contains(char::is_control)) || path.exists() {
        return Ok(());
    }
    let text = format!(
        "there is no file {name:?}, and its name ends with white space or holds a control character such as a line break\n\
         help: trim the path"
    );
    Err(StoreError::new(StoreErrorKind::Invalid, text))
}

pub(crate) fn check_version(number: i32) -> Result<(), StoreError> {
    if number >= SQLITE_VERSION_MIN {
        return Ok(());
    }
    let (major, minor, patch) = (number / 1_000_000, number / 1000 % 1000, number % 1000);
    let text = format!(
        "this program is linked with SQLite {major}.{minor}.{patch}, which can corrupt its write-ahead log; link 3.51.3 or later"
    );
    Err(StoreError::new(StoreErrorKind::Other, text))
}

fn open_writer(path: &Path, options: &SqliteOptions) -> Result<Connection, StoreError> {
    let fail = |fault: Fault| fault.into_error("open", path);
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if options.create {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    let conn = Connection::open_with_flags(path, flags).map_err(|error| fail(error.into()))?;
    common(&conn, options).map_err(fail)?;
    let is_current = schema::check_ownership(&conn, path)?;
    if conn.is_readonly("main").map_err(|error| fail(error.into()))? {
        let text =
            format!("`{}` may not be written; make it writable, or open it with `read_only(true)`", path.display());
        return Err(StoreError::new(StoreErrorKind::ReadOnly, text));
    }
    if !is_current && !options.migrate {
        schema::check(&conn, path)?;
    } else if !is_current {
        // Before there is a write-ahead log, so that the file itself has its marks from the beginning.
        schema::migrate(&conn, path, options.busy_timeout)?;
    }
    enter_wal(&conn, path, options.busy_timeout)?;
    configure_writer(&conn, options).map_err(fail)?;
    // What a former writer left in the write-ahead log must not be copied into another file.
    if is_current && let Err(fault) = FileGuard::at(path).check_file(&conn) {
        keep_from_file(&conn);
        return Err(fail(fault));
    }
    take_over(&conn, options.busy_timeout).map_err(fail)?;
    // From here on, writers wait by themselves, in `busy.rs`.
    conn.busy_timeout(Duration::ZERO).map_err(|error| fail(error.into()))?;
    Ok(conn)
}

/// Moves what a former writer left in the write-ahead log into the file, unless another process is at work there. If a sync
/// failed that writer, the log may be readable and yet not be on the disk; what is appended behind it would be lost with it.
fn take_over(conn: &Connection, busy_timeout: Duration) -> Result<(), Fault> {
    conn.busy_timeout(Duration::ZERO)?;
    // After a change to write-ahead logging SQLite reads the schema anew, and cannot within a checkpoint.
    conn.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    // Says by its row, not by an error, that others are at work.
    let moved = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(Fault::from);
    conn.busy_timeout(busy_timeout)?;
    match moved {
        // Nothing can be appended, but what is there can be read.
        Err(fault) if fault.kind() == StoreErrorKind::Full => Ok(()),
        moved => moved,
    }
}

/// Keeps SQLite from copying the write-ahead log into the file as it closes the connection.
pub(crate) fn keep_from_file(conn: &Connection) {
    // It fails for no connection that is open.
    let _ = conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
}

pub(crate) fn open_reader(path: &Path, options: &SqliteOptions) -> Result<Connection, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    common(&conn, options)?;
    conn.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
    Ok(conn)
}

pub(crate) fn common(conn: &Connection, options: &SqliteOptions) -> Result<(), Fault> {
    conn.busy_timeout(options.busy_timeout)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    // Without this, each new value that is bound to a LIMIT makes SQLite compile the statement anew.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// Sets whether commits wait for the disk.
pub(crate) fn set_durability(conn: &Connection, durability: Durability) -> Result<(), Fault> {
    let synchronous = match durability {
        Durability::Full => "FULL",
        Durability::Normal => "NORMAL",
    };
    conn.pragma_update(None, "synchronous", synchronous)?;
    // On macOS a plain fsync stops at the drive's cache.
    Ok(conn.pragma_update(None, "fullfsync", durability == Durability::Full)?)
}

pub(crate) fn configure_writer(conn: &Connection, options: &SqliteOptions) -> Result<(), Fault> {
    set_durability(conn, options.durability)?;
    conn.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    secure_delete(conn, SecureDelete::Fast)?;
    conn.pragma_update_and_check(None, "journal_size_limit", WAL_BYTES_KEPT, |row| row.get::<_, i64>(0))?;
    conn.pragma_update_and_check(None, "wal_autocheckpoint", CHECKPOINT_PAGES, |row| row.get::<_, i64>(0))?;
    if let Some(bytes) = options.max_bytes {
        let page_size: u64 = conn.query_row("PRAGMA page_size", [], |row| row.get::<_, i64>(0))?.unsigned_abs();
        let pages = i64::try_from(bytes / page_size.max(1)).unwrap_or(i64::MAX).max(1);
        conn.pragma_update_and_check(None, "max_page_count", pages, |row| row.get::<_, i64>(0))?;
    }
    Ok(())
}

/// Switches the file to write-ahead logging. SQLite does not wait for other processes there, so this does.
pub(crate) fn enter_wal(conn: &Connection, path: &Path, timeout: Duration) -> Result<(), StoreError> {
    let deadline = Instant::now() + timeout;
    loop {
        let result = conn.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0));
        match result.map_err(Fault::from) {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(_) => {
                let text =
                    format!("the file system of `{}` allows no write-ahead log; choose a local disk", path.display());
                return Err(StoreError::new(StoreErrorKind::Other, text));
            }
            Err(fault) if fault.kind() == StoreErrorKind::Busy && Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(2));
            }
            Err(fault) => return Err(fault.into_error("open", path)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_sqlite_versions_that_corrupt_the_log() {
        assert!(check_version(3_051_002).unwrap_err().to_string().contains("3.51.2"));
        assert!(check_version(3_051_003).is_ok());
        assert!(check_version(rusqlite::version_number()).is_ok());
    }

    #[test]
    fn a_new_limit_does_not_compile_a_statement_anew() {
        let conn = Connection::open_in_memory().unwrap();
        common(&conn, &SqliteOptions::default()).unwrap();
        let mut statement = conn.prepare("SELECT name FROM sqlite_schema ORDER BY rowid LIMIT ?1").unwrap();
        for limit in [1, 2, 3] {
            assert!(statement.query([limit]).unwrap().next().unwrap().is_none());
        }
        assert_eq!(statement.get_status(rusqlite::StatementStatus::RePrepare), 0);
    }

    #[test]
    fn paths_never_become_uris() {
        assert!(absolute(Path::new("file:log.db?mode=memory")).unwrap().is_absolute());
        assert_eq!(absolute(Path::new(":memory:")).unwrap_err().kind(), StoreErrorKind::Invalid);
    }
}
