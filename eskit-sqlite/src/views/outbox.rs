//! The table of a file of the program in which commands wait until their queue has them.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use eskit_runtime::log::StoreErrorKind;
use eskit_runtime::work::NewWork;
use eskit_runtime::{StoreError, Timestamp};
use rusqlite::{Connection, Row, Transaction};

use crate::file::kind;
use crate::views::fault::failed;
use crate::views::open::{self, Opened};

/// Commands that are taken at once.
const TAKEN_MAX: u32 = 1_000;

/// A file of the program that has an outbox, and the connection to it.
pub(super) struct Outbox {
    pub(super) path: PathBuf,
    pub(super) opened: Mutex<Option<Opened>>,
}

impl Outbox {
    /// Refuses a transaction on another file.
    pub(super) fn check(&self, transaction: &Transaction<'_>) -> Result<(), StoreError> {
        let canonical = |path: &Path| std::fs::canonicalize(path).ok();
        let found = transaction.path().filter(|path| !path.is_empty()).map(Path::new);
        if found.and_then(canonical).is_some_and(|found| canonical(&self.path) == Some(found)) {
            return Ok(());
        }
        let found = found.map_or("a database in memory".to_owned(), |found| format!("`{}`", found.display()));
        let text = format!(
            "the transaction is on {found}, but the outbox is in `{}`\nhelp: begin it on a connection to that file",
            self.path.display()
        );
        Err(StoreError::new(StoreErrorKind::Invalid, text))
    }
}

/// Opens a file of the program, and creates the table if it is missing.
pub(super) fn create(path: &Path) -> Result<Opened, StoreError> {
    let fail = |error: rusqlite::Error| failed(error, "open", path);
    let opened = open::of_program(path)?;
    let conn = &opened.conn;
    let application: i32 = conn.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(fail)?;
    if let Some(noun) = kind::noun_of(application) {
        let text = format!(
            "`{}` is {noun}, and cannot have an outbox\nhelp: name the file with the tables of the program",
            path.display()
        );
        return Err(StoreError::new(StoreErrorKind::Foreign, text));
    }
    let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'index' AND name = 'eskit_outbox_by_queue')";
    let is_there: bool = conn.query_row(sql, [], |row| row.get(0)).map_err(fail)?;
    if !is_there {
        let created = open::transact(conn, || Ok(conn.execute_batch(include_str!("../../migrations/outbox.sql"))?));
        created.map_err(|fault| failed(fault, "create an outbox in", path))?;
    }
    Ok(opened)
}

/// The oldest commands for a queue, each with its number.
pub(super) fn waiting(conn: &Connection, queue: &str) -> rusqlite::Result<Vec<(i64, NewWork)>> {
    let sql = "SELECT number, id, key, kind, payload, due FROM eskit_outbox WHERE queue = ?1 ORDER BY number LIMIT ?2";
    let mut statement = conn.prepare_cached(sql)?;
    statement.query_map((queue, TAKEN_MAX), read)?.collect()
}

fn read(row: &Row<'_>) -> rusqlite::Result<(i64, NewWork)> {
    let (id, key, kind) = (row.get(1)?, row.get(2)?, row.get(3)?);
    let (payload, due) = (row.get(4)?, Timestamp::from_micros(row.get(5)?));
    Ok((row.get(0)?, NewWork { id, key, kind, event: None, payload, due }))
}

/// Removes the commands for a queue up to this number. No smaller number comes later: a file has one writer at a time.
pub(super) fn remove(conn: &Connection, queue: &str, last: i64) -> rusqlite::Result<()> {
    let sql = "DELETE FROM eskit_outbox WHERE queue = ?1 AND number <= ?2";
    conn.prepare_cached(sql)?.execute((queue, last)).map(drop)
}

pub(super) fn missing() -> StoreError {
    let text =
        "these views have no outbox\nhelp: open them with `SqliteViews::open(..).await?.with_outbox(\"app.db\")`";
    StoreError::new(StoreErrorKind::Invalid, text)
}

pub(super) fn second(kept: &Path, path: &Path) -> StoreError {
    let text = format!(
        "these views have their outbox in `{}`, and cannot have another one in `{}`\nhelp: leave one of them out",
        kept.display(),
        path.display()
    );
    StoreError::new(StoreErrorKind::Invalid, text)
}
