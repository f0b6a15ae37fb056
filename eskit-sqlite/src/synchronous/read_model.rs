use std::collections::{BTreeMap, BTreeSet};

use eskit_runtime::log::{Place, ReadOptions, StoreErrorKind};
use eskit_runtime::store_kit::Interner;
use eskit_runtime::subscription::{Subscription, SynchronousError};
use rusqlite::{Connection, OptionalExtension};

use crate::append::checkpoint;
use crate::append::synchronous::Synchronous;
use crate::error::Fault;
use crate::file::place;
use crate::handlers::blame::of_database;
use crate::handlers::tx::Tx;
use crate::read::page;

/// The table of read models that are kept in a log's file.
const TABLE: &str = include_str!("../../migrations/synchronous.sql");

/// Events that one transaction hands over while a read model is built.
const PAGE: usize = 1000;

/// What a version needs before its first event, in a transaction that may write: its tables, and its checkpoint. If they are there,
/// checks that its handlers still take the same events.
pub(super) fn prepare(tx: &mut Tx, of: &Subscription) -> Result<(), Fault> {
    tx.execute_batch(TABLE)?;
    let sql = "SELECT events FROM eskit_projections WHERE name = ?1 AND version = ?2";
    let before: Option<String> = tx.query_row(sql, (&of.name, of.version), |row| row.get(0)).optional()?;
    match before {
        Some(before) => check_events(tx, of, &before),
        None => create(tx, of),
    }
}

fn create(tx: &mut Tx, of: &Subscription) -> Result<(), Fault> {
    let before = tables(tx)?;
    let taken = taken(tx, of, &before)?;
    tx.rules().set_taken(taken);
    let created = tx.as_handler(|tx| tx.execute_batch(of.tables));
    tx.rules().set_taken(BTreeMap::new());
    if let Err(error) = created {
        if let Some(kind) = of_database(&error) {
            return Err(Fault::Failed(kind, error.to_string()));
        }
        let reason = tx.rules().take_refusal().unwrap_or_else(|| error.to_string());
        return Err(tables_fail(of, &reason));
    }
    if tx.has_ended() {
        return Err(tables_fail(of, "it ends the transaction\nhelp: leave `ROLLBACK` out"));
    }
    let own: Vec<String> = tables(tx)?.difference(&before).cloned().collect();
    let sql = "INSERT INTO eskit_projections (name, version, pos, events, tables) VALUES (?1, ?2, 0, ?3, ?4)";
    tx.execute(sql, (&of.name, of.version, json(&of.events), json(&own)))?;
    Ok(())
}

fn tables_fail(of: &Subscription, reason: &str) -> Fault {
    Fault::Failed(StoreErrorKind::Invalid, format!("the SQL of the tables of {of} fails: {reason}"))
}

/// The tables and views of the file.
fn tables(conn: &Connection) -> Result<BTreeSet<String>, Fault> {
    let sql =
        "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
    let mut statement = conn.prepare(sql)?;
    let names = statement.query_map([], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

/// The tables that are there already, in lower case, and why a new version must leave them alone.
fn taken(conn: &Connection, of: &Subscription, tables: &BTreeSet<String>) -> Result<BTreeMap<String, String>, Fault> {
    let mut taken: BTreeMap<String, String> = tables
        .iter()
        .map(|table| {
            let text = format!("there is a table `{table}` in the log's file already\nhelp: choose another name");
            (table.to_ascii_lowercase(), text)
        })
        .collect();
    let mut statement = conn.prepare("SELECT name, version, tables FROM eskit_projections")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (name, version): (String, u32) = (row.get(0)?, row.get(1)?);
        for table in from_json(row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?)? {
            let text = if name == of.name {
                format!(
                    "`{table}` is a table of version {version}, which may be in use\nhelp: give the tables of version {} names of their own, \
                     such as `{table}_{}`, so that programs with version {version} go on beside it; or, when no such program runs any more, \
                     call `remove_projection(\"{name}\", {version})` first",
                    of.version, of.version
                )
            } else {
                format!("`{table}` is a table of `{name}` version {version}\nhelp: choose another name")
            };
            taken.insert(table.to_ascii_lowercase(), text);
        }
    }
    Ok(taken)
}

/// Refuses handlers that take events which the log holds before the checkpoint, and which they did not take before.
fn check_events(conn: &Connection, of: &Subscription, before: &str) -> Result<(), Fault> {
    let before = from_json(before)?;
    if before == of.events {
        return Ok(());
    }
    let at = checkpoint::find(conn, &of.name, of.version)?.unwrap_or(Place::START);
    if let Some(query) = of.may_have_missed(&before) {
        let options = ReadOptions::default().until(at.position).limit(1);
        let (missed, _) = page::read_some(conn, &mut Interner::new(), &query, &options)?;
        if !missed.is_empty() {
            return Err(Fault::Failed(StoreErrorKind::Invalid, of.missed(&before).to_string()));
        }
    }
    let sql = "UPDATE eskit_projections SET events = ?3 WHERE name = ?1 AND version = ?2";
    conn.execute(sql, (&of.name, of.version, json(&of.events)))?;
    Ok(())
}

/// Hands over a page of what a read model lacks, and moves its checkpoint. Returns whether it has handled the whole log.
pub(super) fn advance(tx: &mut Tx, projection: &Synchronous) -> Result<bool, Fault> {
    let of = &projection.subscription;
    let at = checkpoint::find(tx, &of.name, of.version)?;
    let at = at.ok_or_else(|| SynchronousError::Removed { projection: of.to_string() })?;
    let head = place::head(tx)?;
    checkpoint::check_held(tx, of, at, head)?;
    if at == head {
        return Ok(true);
    }
    let (query, mut names) = (of.query(), Interner::new());
    let options = ReadOptions::default().after(at).until(head.position);
    let (mut events, has_more) = page::read_some(tx, &mut names, &query, &options.limit(PAGE))?;
    let to = match events.last() {
        // Events that were appended together are handled together.
        Some(last) if has_more => {
            let (after, end) = (last.place(), last.append_end());
            events.extend(page::read_all(tx, &mut names, &query, options.after(after).until(end))?);
            place::at(tx, end)?
        }
        _ => head,
    };
    projection.handle(&events.iter().collect::<Vec<_>>(), tx).map_err(|failure| failure.stuck(of))?;
    checkpoint::advance(tx, of, to)?;
    Ok(to == head)
}

/// Removes a version with its tables, in a transaction that may write. Foreign keys must not be enforced meanwhile.
pub(super) fn remove(conn: &Connection, name: &str, version: u32) -> Result<bool, Fault> {
    conn.execute_batch(TABLE)?;
    let sql = "DELETE FROM eskit_projections WHERE name = ?1 AND version = ?2 RETURNING tables";
    let tables: Option<String> = conn.query_row(sql, (name, version), |row| row.get(0)).optional()?;
    let Some(tables) = tables else { return Ok(false) };
    let tables = from_json(&tables)?;
    // A virtual table takes its hidden tables along, and they cannot be dropped before it; indexes and triggers go with their tables.
    for filter in ["type = 'view'", "type = 'table' AND sql LIKE 'CREATE VIRTUAL%'", "type = 'table'"] {
        for table in &tables {
            let sql = format!("SELECT type FROM sqlite_schema WHERE name = ?1 AND {filter}");
            let kind: Option<String> = conn.query_row(&sql, [table], |row| row.get(0)).optional()?;
            if let Some(kind) = kind {
                conn.execute_batch(&format!("DROP {kind} \"{}\"", table.replace('"', "\"\"")))?;
            }
        }
    }
    Ok(true)
}

fn json(names: &[String]) -> String {
    // Texts can always be written.
    serde_json::to_string(names).unwrap_or_default()
}

fn from_json(names: &str) -> Result<Vec<String>, Fault> {
    serde_json::from_str(names)
        .map_err(|error| Fault::Damaged(format!("a row of `eskit_projections` is damaged: {error}")))
}
