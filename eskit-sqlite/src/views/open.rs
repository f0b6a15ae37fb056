use std::path::Path;
use std::time::Duration;

use eskit_runtime::StoreError;
use rusqlite::{Connection, OpenFlags};

use crate::error::Fault;
use crate::file::{busy, identity};
use crate::handlers::tx::Tx;
use crate::open::connect;
use crate::open::options::{Durability, SqliteOptions};
use crate::views::fault::failed;

/// How long to wait for another process that writes to the file.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// An open file, and which one it is.
pub(crate) struct Opened {
    pub(crate) conn: Connection,
    pub(crate) number: Option<u64>,
}

/// Whether a file with this number still stands at the path, as far as can be seen.
pub(crate) fn is_there(path: &Path, number: Option<u64>) -> bool {
    number.is_none_or(|number| identity::is_there(path, number))
}

/// Opens a file for writing with a write-ahead log, and creates it if it is missing.
pub(super) fn writer(path: &Path, durability: Durability) -> Result<Opened, StoreError> {
    let options = SqliteOptions::default().durability(durability).busy_timeout(BUSY_TIMEOUT);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    open_with(path, flags, &options)
}

/// Opens a file of the program, which is there, for writing. How it is kept is not changed.
pub(super) fn of_program(path: &Path) -> Result<Opened, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    open_with(path, flags, &SqliteOptions::default().busy_timeout(BUSY_TIMEOUT))
}

fn open_with(path: &Path, flags: OpenFlags, options: &SqliteOptions) -> Result<Opened, StoreError> {
    let fail = |fault: Fault| failed(fault, "open", path);
    let conn = Connection::open_with_flags(path, flags).map_err(|error| fail(error.into()))?;
    connect::common(&conn, options).map_err(fail)?;
    Ok(Opened { conn, number: identity::look(path).ok().flatten() })
}

/// Prepares a file for writing that was found to be of the right kind, or empty.
pub(super) fn configure(conn: &Connection, path: &Path, durability: Durability) -> Result<(), StoreError> {
    let options = SqliteOptions::default().durability(durability).busy_timeout(BUSY_TIMEOUT);
    connect::enter_wal(conn, path, BUSY_TIMEOUT)?;
    connect::configure_writer(conn, &options).map_err(|fault| failed(fault, "open", path))?;
    // From here on, transactions wait by themselves, in `busy.rs`.
    conn.busy_timeout(Duration::ZERO).map_err(|error| failed(error, "open", path))
}

/// Opens a file for reading, if it is there.
pub(super) fn reader(path: &Path) -> Result<Option<Opened>, StoreError> {
    if !path.is_file() {
        return Ok(None);
    }
    let options = SqliteOptions::default().busy_timeout(BUSY_TIMEOUT);
    let conn = connect::open_reader(path, &options).map_err(|fault| failed(fault, "open", path))?;
    Ok(Some(Opened { conn, number: identity::look(path).ok().flatten() }))
}

/// Begins a transaction that may write.
pub(super) fn begin(conn: &Connection) -> Result<(), Fault> {
    busy::begin(BUSY_TIMEOUT, || conn.execute_batch("BEGIN IMMEDIATE"))
}

/// Begins a transaction of handlers.
pub(super) fn begin_for(tx: &mut Tx, is_live: bool) -> Result<(), Fault> {
    tx.start(is_live);
    begin(tx)
}

/// Runs a transaction of the writer of a read model, and commits it if it succeeds.
pub(super) fn transact_for<T, E: From<StoreError>>(
    tx: &mut Tx,
    path: &Path,
    run: impl FnOnce(&mut Tx) -> Result<T, E>,
) -> Result<T, E> {
    let write = |fault: Fault| failed(fault, "write", path);
    begin_for(tx, false).map_err(write)?;
    let result = run(tx).and_then(|done| match tx.execute_batch("COMMIT") {
        Ok(()) => Ok(done),
        Err(error) => Err(write(error.into()).into()),
    });
    roll_back(tx);
    result
}

/// As [`transact_for`], and waits until the disk has what was committed.
pub(super) fn transact_durably<T, E: From<StoreError>>(
    tx: &mut Tx,
    path: &Path,
    run: impl FnOnce(&mut Tx) -> Result<T, E>,
) -> Result<T, E> {
    set_durability(tx, path, Durability::Full)?;
    let result = transact_for(tx, path, run);
    // Where this fails, the next commits wait too, and nothing else changes.
    let _ = set_durability(tx, path, Durability::Normal);
    result
}

fn set_durability(conn: &Connection, path: &Path, durability: Durability) -> Result<(), StoreError> {
    connect::set_durability(conn, durability).map_err(|fault| failed(fault, "write", path))
}

/// Ends what is left of a transaction.
pub(crate) fn roll_back(conn: &Connection) {
    if !conn.is_autocommit() {
        // When this fails, the next transaction says why it cannot begin.
        let _ = conn.execute_batch("ROLLBACK");
    }
}

/// Runs statements in a transaction that may write, and commits it if they succeed.
pub(crate) fn transact<T>(conn: &Connection, run: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    begin(conn)?;
    let result = run().and_then(|done| conn.execute_batch("COMMIT").map(|()| done).map_err(Fault::from));
    roll_back(conn);
    result
}
