use std::fmt::Display;

use eskit_runtime::log::{EventId, Place};
use eskit_runtime::subscription::{Subscription, SynchronousError};
use rusqlite::{Connection, OptionalExtension};

use crate::error::Fault;
use crate::file::place;
use crate::file::row::{column, position};

/// How far a version of a synchronous projection has handled the log; `None` if it is not kept there.
pub(crate) fn find(conn: &Connection, name: &str, version: u32) -> Result<Option<Place>, Fault> {
    let sql = "SELECT pos, id FROM eskit_projections WHERE name = ?1 AND version = ?2";
    let mut statement = conn.prepare_cached(sql)?;
    let found = statement.query_row((name, version), |row| {
        let id: Option<[u8; 16]> = row.get(1)?;
        Ok(Place { position: position(row.get(0)?), id: id.map(EventId::from_bytes) })
    });
    Ok(found.optional()?)
}

/// Moves a checkpoint.
pub(crate) fn advance(conn: &Connection, of: &Subscription, to: Place) -> Result<(), Fault> {
    let sql = "UPDATE eskit_projections SET pos = ?3, id = ?4 WHERE name = ?1 AND version = ?2";
    let id = to.id.map(|id| *id.as_bytes());
    conn.prepare_cached(sql)?.execute((&of.name, of.version, column(to.position), id))?;
    Ok(())
}

/// Fails unless a log that ends at `head` holds the place of a checkpoint.
pub(crate) fn check_held(conn: &Connection, of: &dyn Display, at: Place, head: Place) -> Result<(), Fault> {
    let mut id_at = conn.prepare_cached(place::ID_AT)?;
    if place::is_held(&mut id_at, at, head)? {
        return Ok(());
    }
    Err(SynchronousError::Replaced { projection: of.to_string(), at }.into())
}
