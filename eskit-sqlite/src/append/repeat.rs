use eskit_runtime::Timestamp;
use eskit_runtime::log::{AppendError, Appended, EventId, NewEvent};
use eskit_runtime::store_kit::{Repeat, StoredPart};
use rusqlite::{Connection, Row, Statement};

use crate::error::Fault;
use crate::file::row::{column, position};

/// The position of the event with this id.
pub(crate) fn find(position_of_id: &mut Statement<'_>, id: EventId) -> Result<Option<i64>, Fault> {
    let mut rows = position_of_id.query([id.as_bytes().as_slice()])?;
    Ok(match rows.next()? {
        Some(row) => Some(row.get(0)?),
        None => None,
    })
}

/// The answer to an append of which the log holds an id; `None` when it holds none.
pub(crate) fn answer(
    conn: &Connection,
    position_of_id: &mut Statement<'_>,
    events: &[NewEvent],
) -> Result<Option<Result<Appended, AppendError>>, Fault> {
    let mut positions = Vec::with_capacity(events.len());
    for event in events {
        positions.push(find(position_of_id, event.id)?.map(position));
    }
    let Some(repeat) = Repeat::find(events, positions) else { return Ok(None) };
    let mut parts = Vec::new();
    if let Some((first, last)) = repeat.range() {
        let sql = "SELECT pos, part, version, recorded_at FROM events WHERE pos BETWEEN ?1 AND ?2 ORDER BY pos";
        let mut select = conn.prepare_cached(sql)?;
        let mut rows = select.query((column(first), column(last)))?;
        while let Some(row) = rows.next()? {
            parts.push(part(row)?);
        }
    }
    Ok(Some(repeat.answer(&parts)))
}

fn part(row: &Row<'_>) -> Result<StoredPart, rusqlite::Error> {
    Ok(StoredPart {
        position: position(row.get(0)?),
        part: row.get(1)?,
        version: row.get::<_, Option<i64>>(2)?.map(i64::unsigned_abs),
        recorded_at: Timestamp::from_micros(row.get(3)?),
    })
}
