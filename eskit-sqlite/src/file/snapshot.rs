use rusqlite::Connection;

use crate::error::Fault;

/// Runs statements that must see one state of the log.
pub(crate) fn within<T>(conn: &Connection, read: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    conn.prepare_cached("BEGIN")?.raw_execute()?;
    let found = read();
    let ended = conn.prepare_cached("COMMIT")?.raw_execute();
    if !conn.is_autocommit() {
        // The next read needs a state of its own; why this one could not end is told below.
        let _ = conn.execute_batch("ROLLBACK");
    }
    let found = found?;
    ended?;
    Ok(found)
}
