use eskit_runtime::{Appended, EventId, NewEvent, Position, Timestamp};
use rusqlite::{Connection, Statement};

use crate::error::Fault;
use crate::file::row::position;

/// What the log knows of the ids of an append.
pub(crate) enum Known {
    /// None of them.
    No,
    /// All of them, as one earlier append.
    Repeated(Appended),
    /// At least one of them, but not as the same append.
    Reused { id: EventId, position: Position },
}

/// The position of the event with this id.
pub(crate) fn find(position_of_id: &mut Statement<'_>, id: EventId) -> Result<Option<i64>, Fault> {
    let mut rows = position_of_id.query([id.as_bytes().as_slice()])?;
    Ok(match rows.next()? {
        Some(row) => Some(row.get(0)?),
        None => None,
    })
}

/// Tells a repeat of an earlier append from a reuse of its ids: a repeat has the same ids in the same order, and none
/// more or less.
pub(crate) fn classify(
    conn: &Connection,
    position_of_id: &mut Statement<'_>,
    events: &[NewEvent],
) -> Result<Known, Fault> {
    let mut found = Vec::with_capacity(events.len());
    for event in events {
        found.push(find(position_of_id, event.id)?);
    }
    let Some((index, at)) = found.iter().enumerate().find_map(|(index, at)| at.map(|at| (index, at))) else {
        return Ok(Known::No);
    };
    let reused = Known::Reused { id: events[index].id, position: position(at) };
    let in_sequence = index == 0 && found.iter().zip(at..).all(|(found, expected)| *found == Some(expected));
    if !in_sequence {
        return Ok(reused);
    }
    let mut select = conn.prepare_cached("SELECT part, version, recorded_at FROM events WHERE pos = ?1")?;
    let mut row_at = |at: i64| -> Result<Option<(i64, Option<i64>, i64)>, Fault> {
        let mut rows = select.query([at])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        Ok(Some((row.get(0)?, row.get(1)?, row.get(2)?)))
    };
    let mut answer = Appended::repeated(Vec::new(), Vec::new(), Timestamp::from_micros(0));
    let mut recorded_at = None;
    for ((part, at), event) in (0..).zip(at..).zip(events) {
        match row_at(at)? {
            Some((found, version, time)) if found == part => {
                answer.positions.push(position(at));
                answer.versions.push(version.map(i64::unsigned_abs));
                if recorded_at.is_none() || event.recorded_at.is_none() {
                    recorded_at = Some(time);
                }
            }
            _ => return Ok(reused),
        }
    }
    let behind = at.saturating_add(i64::try_from(events.len()).unwrap_or(i64::MAX));
    // The earlier append was longer when the next event is not the first of another one.
    if row_at(behind)?.is_some_and(|(part, ..)| part != 0) {
        return Ok(reused);
    }
    answer.recorded_at = Timestamp::from_micros(recorded_at.unwrap_or_default());
    Ok(Known::Repeated(answer))
}
