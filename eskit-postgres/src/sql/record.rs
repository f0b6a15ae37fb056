use eskit_runtime::RecordedEvent;
use eskit_runtime::log::{EventId, Place, Position};
use eskit_runtime::store_kit::{Envelope, Interner};
use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::error::Fault;

/// A position as the database holds it.
pub(crate) fn column(position: Position) -> i64 {
    i64::try_from(position.get()).unwrap_or(i64::MAX)
}

/// The position that the database holds.
pub(crate) fn position(column: i64) -> Position {
    Position::new(column.unsigned_abs())
}

/// The head of the log, and the id of the event at another position, of a row in the form of an event's.
pub(crate) fn head(row: &PgRow) -> Result<(Place, Option<EventId>), Fault> {
    let (head, found): (&[u8], &[u8]) = (row.try_get_unchecked(0)?, row.try_get_unchecked(1)?);
    let id = |bytes: &[u8]| bytes.first_chunk().copied().map(EventId::from_bytes);
    let (at, rest) =
        head.split_first_chunk().ok_or_else(|| Fault::Damaged("the head of the log is cut short".to_owned()))?;
    Ok((Place { position: position(i64::from_be_bytes(*at)), id: id(rest) }, id(found)))
}

/// The event of a row with an envelope and a payload. Before the rest of the envelope the database has put the position and
/// the version (0 for none), 8 bytes each. The types of the columns are those of the migrations, and not checked again.
pub(crate) fn event(row: &PgRow, names: &mut Interner) -> Result<RecordedEvent, Fault> {
    let envelope: &[u8] = row.try_get_unchecked(0)?;
    let payload: &[u8] = row.try_get_unchecked(1)?;
    let cut_short = || Fault::Damaged("an event has an envelope without a position".to_owned());
    let (at, rest) = envelope.split_first_chunk().ok_or_else(cut_short)?;
    let (version, rest) = rest.split_first_chunk().ok_or_else(cut_short)?;
    let (at, version) = (position(i64::from_be_bytes(*at)), u64::from_be_bytes(*version));
    Envelope::parse(rest)
        .and_then(|envelope| envelope.into_recorded(at, (version > 0).then_some(version), payload.to_vec(), names))
        .ok_or_else(|| Fault::Damaged(format!("the event at position {at} has a damaged envelope")))
}
