use std::path::Path;
use std::time::Duration;

use eskit_runtime::log::{LogId, StoreErrorKind};
use eskit_runtime::{StoreError, Timestamp};
use rusqlite::{Connection, Statement};

use crate::error::Fault;
use crate::file::{busy, kind};

/// What SQLite's `application_id` holds in every log of this crate.
pub(crate) const APPLICATION_ID: i32 = kind::LOG;

/// The steps from an empty file to the schema of this version; `user_version` counts the ones that were applied.
const MIGRATIONS: [&str; 1] = [include_str!("../../migrations/0001_log.sql")];

/// The schema version that this program writes.
pub(crate) const SCHEMA_VERSION: i32 = MIGRATIONS.len() as i32;

/// The tables of the log.
pub(crate) const TABLES: [&str; 11] = [
    "events",
    "streams",
    "streams_recent",
    "tags",
    "tags_recent",
    "settled",
    "stream_types",
    "closed_streams",
    "log",
    "mark_even",
    "mark_odd",
];

/// What a file is, by its header and its tables.
enum Found {
    Empty,
    Log { version: i32 },
    Foreign { application_id: i32 },
}

fn inspect(conn: &Connection) -> Result<Found, Fault> {
    // One statement sees one state of the file, while another process may be migrating it.
    let (application_id, version, objects): (i32, i32, i64) = conn.query_row(
        "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema) \
         FROM pragma_application_id, pragma_user_version",
        [],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    Ok(match application_id {
        APPLICATION_ID => Found::Log { version },
        0 if objects == 0 && version == 0 => Found::Empty,
        application_id => Found::Foreign { application_id },
    })
}

fn foreign(path: &Path, application_id: i32) -> StoreError {
    let path = path.display();
    let text = match kind::noun_of(application_id) {
        Some(noun) => format!("`{path}` is {noun}, not a log\nhelp: open the file of the log, such as `app.db`"),
        None => {
            format!(
                "`{path}` is a database of another program (application id {application_id:#x}); choose another path"
            )
        }
    };
    StoreError::new(StoreErrorKind::Foreign, text)
}

fn newer(path: &Path, version: i32) -> StoreError {
    let text = format!(
        "`{}` has schema version {version}, but this program knows versions up to {SCHEMA_VERSION}; update the program",
        path.display()
    );
    StoreError::new(StoreErrorKind::Foreign, text)
}

/// Checks that the file is a log of a version that this program knows, without writing.
pub(crate) fn check(conn: &Connection, path: &Path) -> Result<(), StoreError> {
    match inspect(conn).map_err(|fault| fault.into_error("open", path))? {
        Found::Log { version } if version > SCHEMA_VERSION => Err(newer(path, version)),
        Found::Log { version: SCHEMA_VERSION } => Ok(()),
        Found::Log { version } => {
            let text = format!(
                "`{}` has schema version {version}, and this program needs {SCHEMA_VERSION}\nhelp: open it once for writing",
                path.display()
            );
            Err(StoreError::new(StoreErrorKind::ReadOnly, text))
        }
        Found::Empty => {
            let text = format!(
                "`{}` is empty\nhelp: check the path, or open it once for writing, which creates a log",
                path.display()
            );
            Err(StoreError::new(StoreErrorKind::ReadOnly, text))
        }
        Found::Foreign { application_id } => Err(foreign(path, application_id)),
    }
}

/// Refuses foreign and newer files before anything is written to them. Returns whether the file lacks no migration.
pub(crate) fn check_ownership(conn: &Connection, path: &Path) -> Result<bool, StoreError> {
    match inspect(conn).map_err(|fault| fault.into_error("open", path))? {
        Found::Log { version } if version > SCHEMA_VERSION => Err(newer(path, version)),
        Found::Log { version } => Ok(version == SCHEMA_VERSION),
        Found::Empty => Ok(false),
        Found::Foreign { application_id } => Err(foreign(path, application_id)),
    }
}

/// Applies the migrations that the file lacks, all or none. Another process may do the same at the same time.
pub(crate) fn migrate(conn: &Connection, path: &Path, busy_timeout: Duration) -> Result<(), StoreError> {
    let fail = |fault: Fault| fault.into_error("migrate", path);
    busy::begin(busy_timeout, || conn.execute_batch("BEGIN IMMEDIATE")).map_err(fail)?;
    let result = check_ownership(conn, path).and_then(|_| apply(conn).map_err(fail));
    let end = if result.is_ok() { "COMMIT" } else { "ROLLBACK" };
    let ended = conn.execute_batch(end).map_err(|error| fail(error.into()));
    result.and(ended)
}

fn apply(conn: &Connection) -> Result<(), Fault> {
    let applied: i32 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    for (number, sql) in (1_i32..).zip(MIGRATIONS) {
        if number > applied {
            conn.execute_batch(sql)?;
            conn.pragma_update(None, "user_version", number)?;
        }
    }
    let id = LogId::new();
    conn.execute("INSERT INTO log (id) SELECT ?1 WHERE NOT EXISTS (SELECT 1 FROM log)", [id.as_bytes().as_slice()])?;
    if applied == 0 {
        conn.pragma_update(None, "application_id", APPLICATION_ID)?;
    }
    Ok(())
}

/// The id of the log.
pub(crate) fn log_id(conn: &Connection) -> Result<LogId, Fault> {
    let id: [u8; 16] = conn.prepare_cached("SELECT id FROM log")?.query_row([], |row| row.get(0))?;
    Ok(LogId::from_bytes(id))
}

/// Gives the log the id of the one that is loaded into it.
pub(crate) fn set_log_id(conn: &Connection, id: LogId) -> Result<(), Fault> {
    conn.execute("UPDATE log SET id = ?1", [id.as_bytes().as_slice()])?;
    Ok(())
}

/// Since when the log takes no writes.
pub(crate) const SEALED_AT: &str = "SELECT sealed_at FROM log";

/// Since when the log takes no writes, by [`SEALED_AT`]; `None` for one that does.
pub(crate) fn sealed_by(statement: &mut Statement<'_>) -> Result<Option<Timestamp>, Fault> {
    let since: Option<i64> = statement.query_row([], |row| row.get(0))?;
    Ok(since.map(Timestamp::from_micros))
}

/// Sets since when the log takes no writes.
pub(crate) fn set_sealed(conn: &Connection, since: Option<Timestamp>) -> Result<(), Fault> {
    conn.execute("UPDATE log SET sealed_at = ?1", [since.map(Timestamp::as_micros)])?;
    Ok(())
}

/// A database in memory with the schema of this version, to try statements on.
#[cfg(test)]
pub(crate) fn in_memory() -> Connection {
    let conn = Connection::open_in_memory().unwrap();
    apply(&conn).unwrap();
    conn
}

/// The steps of SQLite's plan for a statement.
#[cfg(test)]
pub(crate) fn plan(conn: &Connection, sql: &str) -> Vec<String> {
    let mut statement = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let parameters = vec![1; statement.parameter_count()];
    let rows = statement.query_map(rusqlite::params_from_iter(parameters), |row| row.get(3)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_of_the_log_are_named() {
        let conn = in_memory();
        let mut statement = conn.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
        let mut found: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        found.sort_unstable();
        let mut named = TABLES;
        named.sort_unstable();
        assert_eq!(found, named);
    }
}
