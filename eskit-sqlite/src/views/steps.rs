//! Steps of items of work and of events, in the file of the read model that has the name of their list.
//!
//! All of it runs in a transaction that may write, so that nobody else changes them meanwhile.

use eskit_runtime::Timestamp;
use eskit_runtime::log::Position;
use eskit_runtime::work::{BegunStep, EndedBy, OpenStep, StepEnd, StepHolder, StepId};
use rusqlite::{Connection, OptionalExtension as _, Row};

use crate::file::row::column;

/// Steps that are listed at once.
const LIST_MAX: u32 = 1_000;

/// Begins a step, if its holder may.
pub(super) fn begin(conn: &Connection, holder: &StepHolder, name: &str) -> rusqlite::Result<BegunStep> {
    if !holds(conn, holder)? {
        return Ok(BegunStep::Lost);
    }
    let owner = holder.owner();
    let sql = "SELECT result FROM eskit_steps WHERE owner = ?1 AND name = ?2";
    let read = |row: &Row<'_>| row.get::<_, Option<String>>(0);
    let begun = match conn.prepare_cached(sql)?.query_row((&owner, name), read).optional()? {
        Some(Some(result)) => return Ok(BegunStep::Done(result)),
        Some(None) => BegunStep::Again,
        None => BegunStep::First,
    };
    let sql = "INSERT INTO eskit_steps (owner, name, pos, part, epoch, begun_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
               ON CONFLICT (owner, name) DO UPDATE SET epoch = excluded.epoch";
    let (pos, epoch) = (holder.position().map(column), holder.epoch().cast_signed());
    conn.prepare_cached(sql)?.execute((owner, name, pos, holder.part(), epoch, Timestamp::now().as_micros()))?;
    Ok(begun)
}

/// Whether the claim holds, or the event is still parked.
fn holds(conn: &Connection, holder: &StepHolder) -> rusqlite::Result<bool> {
    match holder {
        StepHolder::Item { id, epoch } => {
            let sql = "SELECT 1 FROM eskit_work WHERE id = ?1 AND epoch = ?2 AND until IS NOT NULL";
            conn.prepare_cached(sql)?.exists((id, epoch.cast_signed()))
        }
        StepHolder::Event { position, part, epoch, .. } => {
            let sql = "SELECT 1 FROM eskit_checkpoints WHERE part = ?1 AND epoch = ?2 AND pos < ?3";
            conn.prepare_cached(sql)?.exists((part, epoch.cast_signed(), column(*position)))
        }
        StepHolder::Parked { position, id } => {
            let sql = "SELECT 1 FROM eskit_parked WHERE pos = ?1 AND id = ?2";
            conn.prepare_cached(sql)?.exists((column(*position), id.as_bytes()))
        }
    }
}

/// Ends a step. Returns whether it was there and had not ended.
pub(super) fn end(conn: &Connection, step: &StepId, by: EndedBy, end: StepEnd) -> rusqlite::Result<bool> {
    let epoch = match by {
        EndedBy::Holder(epoch) => Some(epoch.cast_signed()),
        EndedBy::Hand => None,
    };
    let StepId { owner, name } = step;
    let ended = match end {
        StepEnd::Happened(result) => {
            let sql = "UPDATE eskit_steps SET result = ?4 \
                       WHERE owner = ?1 AND name = ?2 AND (?3 IS NULL OR (result IS NULL AND epoch = ?3))";
            conn.prepare_cached(sql)?.execute((owner, name, epoch, result))?
        }
        StepEnd::DidNotHappen => {
            let sql = "DELETE FROM eskit_steps \
                       WHERE owner = ?1 AND name = ?2 AND result IS NULL AND epoch = coalesce(?3, epoch)";
            conn.prepare_cached(sql)?.execute((owner, name, epoch))?
        }
    };
    Ok(ended > 0)
}

/// Steps that were begun and have not ended.
pub(super) fn open(conn: &Connection) -> rusqlite::Result<Vec<OpenStep>> {
    let sql = "SELECT owner, name, begun_at FROM eskit_steps WHERE result IS NULL ORDER BY owner, name LIMIT ?1";
    let read = |row: &Row<'_>| {
        let id = StepId { owner: row.get(0)?, name: row.get(1)? };
        Ok(OpenStep::new(id, Timestamp::from_micros(row.get(2)?)))
    };
    conn.prepare_cached(sql)?.query_map([LIST_MAX], read)?.collect()
}

/// Forgets the steps of an item.
pub(super) fn forget_item(conn: &Connection, id: &str) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM eskit_steps WHERE owner = ?1")?.execute([id])?;
    Ok(())
}

/// Forgets the steps of the events up to this position that this part takes, except those of parked ones.
pub(super) fn forget_up_to(conn: &Connection, part: u32, position: Position) -> rusqlite::Result<()> {
    let sql = "DELETE FROM eskit_steps WHERE pos <= ?1 AND part = ?2 AND pos NOT IN (SELECT pos FROM eskit_parked)";
    conn.prepare_cached(sql)?.execute((column(position), part))?;
    Ok(())
}

/// Forgets the steps of the event at this position.
pub(super) fn forget_at(conn: &Connection, position: Position) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM eskit_steps WHERE pos = ?1")?.execute([column(position)])?;
    Ok(())
}

/// Forgets the steps of all events, and those of items that are not there.
pub(super) fn forget_events(conn: &Connection) -> rusqlite::Result<()> {
    let sql = "DELETE FROM eskit_steps WHERE pos IS NOT NULL OR owner NOT IN (SELECT id FROM eskit_work)";
    conn.execute(sql, [])?;
    Ok(())
}
