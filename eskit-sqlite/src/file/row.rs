use eskit_runtime::RecordedEvent;
use eskit_runtime::log::{Position, QueryItem};
use eskit_runtime::store_kit::{Envelope, Interner};
use rusqlite::Row;

use crate::error::Fault;

/// What a filter needs of an event `e`, in the order of [`matches`].
macro_rules! filter_columns {
    () => {
        "e.pos, e.envelope"
    };
}
/// All of an event `e`, in the order of [`event`]; begins with the columns of a filter.
macro_rules! event_columns {
    () => {
        "e.pos, e.envelope, e.version, e.payload"
    };
}
pub(crate) use {event_columns, filter_columns};

/// A position as the database holds it.
pub(crate) fn column(position: Position) -> i64 {
    i64::try_from(position.get()).unwrap_or(i64::MAX)
}

/// The position that the database holds.
pub(crate) fn position(column: i64) -> Position {
    Position::new(column.unsigned_abs())
}

fn damaged(row: &Row<'_>, what: &str) -> Fault {
    match row.get::<_, i64>(0) {
        Ok(at) => Fault::Damaged(format!("the event at position {at} has a damaged {what}")),
        Err(error) => Fault::Sqlite(error),
    }
}

/// The envelope of a row that begins with the columns of a filter.
pub(crate) fn envelope<'r>(row: &'r Row<'_>) -> Result<Envelope<'r>, Fault> {
    let bytes = row.get_ref(1)?.as_blob().ok();
    bytes.and_then(Envelope::parse).ok_or_else(|| damaged(row, "envelope"))
}

/// Whether an item matches the event of a row that begins with the columns of a filter.
pub(crate) fn matches(item: &QueryItem, row: &Row<'_>) -> Result<bool, Fault> {
    Ok(envelope(row)?.matches(item))
}

/// The event of a row with the columns of an event.
pub(crate) fn event(row: &Row<'_>, names: &mut Interner) -> Result<RecordedEvent, Fault> {
    let version = row.get::<_, Option<i64>>(2)?.map(i64::unsigned_abs);
    let payload = row.get_ref(3)?.as_blob().map_err(|_| damaged(row, "payload"))?.to_vec();
    envelope(row)?.into_recorded(position(row.get(0)?), version, payload, names).ok_or_else(|| damaged(row, "envelope"))
}

/// Whether an item matches the event at a position.
pub(crate) fn matches_at(conn: &rusqlite::Connection, item: &QueryItem, at: i64) -> Result<bool, Fault> {
    let sql = concat!("SELECT ", filter_columns!(), " FROM events e WHERE e.pos = ?1");
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query([at])?;
    match rows.next()? {
        Some(row) => matches(item, row),
        None => Ok(false),
    }
}
