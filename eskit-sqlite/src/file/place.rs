use eskit_runtime::log::{EventId, Place, Position};
use rusqlite::{Connection, OptionalExtension, Row, Statement};

use crate::error::Fault;
use crate::file::row::{column, position};

/// The place of the last event.
pub(crate) const HEAD: &str = "SELECT pos, id FROM events ORDER BY pos DESC LIMIT 1";
/// The id of the event at a position.
pub(crate) const ID_AT: &str = "SELECT id FROM events WHERE pos = ?1";

/// The place of the last event, by [`HEAD`].
pub(crate) fn head_by(statement: &mut Statement<'_>) -> Result<Place, Fault> {
    let place = |row: &Row<'_>| Ok(Place::new(position(row.get(0)?), EventId::from_bytes(row.get(1)?)));
    Ok(statement.query_row([], place).optional()?.unwrap_or(Place::START))
}

/// The place of the last event.
pub(crate) fn head(conn: &Connection) -> Result<Place, Fault> {
    head_by(&mut *conn.prepare_cached(HEAD)?)
}

/// Whether a log that ends at `head` holds a place, by [`ID_AT`].
pub(crate) fn is_held(id_at: &mut Statement<'_>, place: Place, head: Place) -> Result<bool, Fault> {
    // A reader that continues is at the head most of the time.
    if place.id.is_none() || place.position >= head.position {
        return Ok(place.is_held(head.position, head.id));
    }
    let found = id_at.query_row([column(place.position)], |row| row.get(0).map(EventId::from_bytes)).optional()?;
    Ok(place.is_held(head.position, found))
}

/// The place of the last event of a log that holds `place`. Its statements must see one state of the log.
pub(crate) fn head_behind(conn: &Connection, place: Place) -> Result<Place, Fault> {
    let head = head(conn)?;
    let mut id_at = conn.prepare_cached(ID_AT)?;
    if is_held(&mut id_at, place, head)? { Ok(head) } else { Err(Fault::Replaced(place)) }
}

/// The place of the event at a position.
pub(crate) fn at(conn: &Connection, at: Position) -> Result<Place, Fault> {
    let id = conn.prepare_cached(ID_AT)?.query_row([column(at)], |row| row.get(0).map(EventId::from_bytes))?;
    Ok(Place::new(at, id))
}
