use eskit_runtime::Timestamp;
use eskit_runtime::log::{EventId, LogId, Place, Position};
use eskit_runtime::subscription::{Checkpoint, ParkedEvent, Partition, Subscription};
use rusqlite::{Connection, OptionalExtension, Row};

use crate::error::Fault;
use crate::file::row::{column, position};
use crate::views::names::ModelId;

/// What a commit requires: that no other process has claimed the part since, and that its checkpoint is still here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fence {
    pub(super) part: u32,
    pub(super) epoch: u64,
    pub(super) from: Place,
}

/// Says of which read model the file is.
pub(super) fn insert_view(conn: &Connection, id: &ModelId) -> Result<(), Fault> {
    let sql = "INSERT INTO eskit_view (name, version, last_number) VALUES (?1, ?2, ?3)";
    conn.execute(sql, (&id.name, id.version, now()))?;
    Ok(())
}

/// The checkpoints of a read model, by part. None of them is marked active: that is written in the catalogue.
pub(super) fn checkpoints(conn: &Connection, id: &ModelId) -> Result<Vec<Checkpoint>, Fault> {
    let mut statement =
        conn.prepare("SELECT part, parts, log, pos, id, epoch, events, saved_at FROM eskit_checkpoints ORDER BY part")?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(checkpoint(row, id)?);
    }
    Ok(found)
}

fn checkpoint(row: &Row<'_>, id: &ModelId) -> Result<Checkpoint, Fault> {
    let mut found = Checkpoint::at_start(id.name.clone(), id.version, LogId::from_bytes(row.get(2)?));
    found.partition = Partition { index: row.get(0)?, count: row.get(1)? };
    found.place = place(row.get(3)?, row.get(4)?);
    found.epoch = row.get::<_, i64>(5)?.unsigned_abs();
    let events = serde_json::from_str(row.get_ref(6)?.as_str().map_err(rusqlite::Error::from)?);
    found.events =
        events.map_err(|error| Fault::Damaged(format!("the wire names of a checkpoint are damaged: {error}")))?;
    found.saved_at = Timestamp::from_micros(row.get(7)?);
    Ok(found)
}

fn place(pos: i64, id: Option<[u8; 16]>) -> Place {
    Place { position: position(pos), id: id.map(EventId::from_bytes) }
}

fn id_column(place: Place) -> Option<[u8; 16]> {
    place.id.map(|id| *id.as_bytes())
}

fn json(events: &[String]) -> String {
    // Texts can always be written.
    serde_json::to_string(events).unwrap_or_default()
}

/// Enters the first checkpoint of a part.
pub(super) fn insert(conn: &Connection, subscription: &Subscription) -> Result<(), Fault> {
    let Partition { index, count } = subscription.partition;
    let (log, start) = (subscription.log.as_bytes(), subscription.start);
    conn.execute(
        "INSERT INTO eskit_checkpoints (part, parts, log, pos, id, epoch, events, saved_at) VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, ?7)",
        (index, count, log, column(start.position), id_column(start), json(&subscription.events), now()),
    )?;
    Ok(())
}

/// Counts a claim of a part.
pub(super) fn count_claim(conn: &Connection, part: u32) -> Result<(), Fault> {
    conn.execute("UPDATE eskit_checkpoints SET epoch = epoch + 1 WHERE part = ?1", [part])?;
    Ok(())
}

/// Whether a claim still holds, within a transaction that may write: then it holds until the end of that.
pub(super) fn holds(conn: &Connection, fence: &Fence) -> Result<bool, Fault> {
    let sql = "SELECT epoch, pos, id FROM eskit_checkpoints WHERE part = ?1";
    let found = conn.query_row(sql, [fence.part], |row| {
        Ok((row.get::<_, i64>(0)?.unsigned_abs(), place(row.get(1)?, row.get(2)?)))
    });
    Ok(found.optional()? == Some((fence.epoch, fence.from)))
}

/// As [`holds`], for what does not depend on the place.
pub(super) fn holds_claim(conn: &Connection, fence: &Fence) -> Result<bool, Fault> {
    let sql = "SELECT epoch FROM eskit_checkpoints WHERE part = ?1";
    let found: Option<i64> = conn.query_row(sql, [fence.part], |row| row.get(0)).optional()?;
    Ok(found.map(i64::unsigned_abs) == Some(fence.epoch))
}

/// Moves the checkpoint of a part.
pub(super) fn advance(conn: &Connection, part: u32, to: Place) -> Result<(), Fault> {
    conn.execute(
        "UPDATE eskit_checkpoints SET pos = ?2, id = ?3, saved_at = ?4 WHERE part = ?1",
        (part, column(to.position), id_column(to), now()),
    )?;
    Ok(())
}

/// Sets the checkpoints of all parts back. The claims on the other parts end.
pub(super) fn reset(conn: &Connection, subscription: &Subscription) -> Result<(), Fault> {
    let (log, start) = (subscription.log.as_bytes(), subscription.start);
    conn.execute(
        "UPDATE eskit_checkpoints SET log = ?2, pos = ?3, id = ?4, events = ?5, saved_at = ?6, epoch = epoch + (part <> ?1)",
        (
            subscription.partition.index,
            log,
            column(start.position),
            id_column(start),
            json(&subscription.events),
            now(),
        ),
    )?;
    conn.execute("DELETE FROM eskit_parked", [])?;
    Ok(())
}

/// Records which wire names the handlers of a part take.
pub(super) fn set_events(conn: &Connection, part: u32, events: &[String]) -> Result<(), Fault> {
    let sql = "UPDATE eskit_checkpoints SET events = ?2, saved_at = ?3 WHERE part = ?1";
    conn.execute(sql, (part, json(events), now()))?;
    Ok(())
}

/// Records that a part has handled all that the log held. Returns whether all parts have.
pub(super) fn set_ready(conn: &Connection, part: u32) -> Result<bool, Fault> {
    conn.execute("UPDATE eskit_checkpoints SET is_ready = 1 WHERE part = ?1 AND NOT is_ready", [part])?;
    let sql = "SELECT count(*) = max(parts) FROM eskit_checkpoints WHERE is_ready";
    Ok(conn.query_row(sql, [], |row| row.get::<_, Option<bool>>(0))?.unwrap_or(false))
}

/// Notes that handlers have changed the read model, for readers in other processes. Returns how often they have.
pub(super) fn count_change(conn: &Connection) -> Result<u64, Fault> {
    let sql = "UPDATE eskit_view SET changes = changes + 1 RETURNING changes";
    Ok(conn.query_row(sql, [], |row| row.get::<_, i64>(0))?.unsigned_abs())
}

/// How often handlers have changed the read model.
pub(super) fn changes(conn: &Connection) -> Result<u64, Fault> {
    let mut statement = conn.prepare_cached("SELECT changes FROM eskit_view")?;
    Ok(statement.query_row([], |row| row.get::<_, i64>(0))?.unsigned_abs())
}

/// Whether any event is parked.
pub(super) fn has_parked(conn: &Connection) -> Result<bool, Fault> {
    Ok(conn.query_row("SELECT EXISTS (SELECT 1 FROM eskit_parked)", [], |row| row.get(0))?)
}

/// Whether an event with this key is parked.
pub(super) fn is_parked(conn: &Connection, key: &str) -> Result<bool, Fault> {
    let sql = "SELECT EXISTS (SELECT 1 FROM eskit_parked WHERE key = ?1)";
    Ok(conn.query_row(sql, [key], |row| row.get(0))?)
}

/// Parks an event.
pub(super) fn park(conn: &Connection, parked: &ParkedEvent) -> Result<(), Fault> {
    conn.execute(
        "INSERT OR REPLACE INTO eskit_parked (pos, id, key, text, attempts, parked_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (
            column(parked.position),
            parked.id.as_bytes(),
            &parked.key,
            &parked.text,
            parked.attempts,
            parked.parked_at.as_micros(),
        ),
    )?;
    Ok(())
}

/// The parked events, by position.
pub(super) fn parked(conn: &Connection) -> Result<Vec<ParkedEvent>, Fault> {
    let mut statement =
        conn.prepare("SELECT pos, id, key, text, attempts, parked_at FROM eskit_parked ORDER BY pos")?;
    let rows = statement.query_map([], |row| {
        let id = EventId::from_bytes(row.get(1)?);
        let mut parked = ParkedEvent::waiting(position(row.get(0)?), id, row.get::<_, String>(2)?);
        (parked.text, parked.attempts) = (row.get(3)?, row.get(4)?);
        parked.parked_at = Timestamp::from_micros(row.get(5)?);
        Ok(parked)
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Removes a parked event. Returns whether it was there.
pub(super) fn unpark(conn: &Connection, at: Position) -> Result<bool, Fault> {
    Ok(conn.execute("DELETE FROM eskit_parked WHERE pos = ?1", [column(at)])? > 0)
}

fn now() -> i64 {
    Timestamp::now().as_micros()
}
