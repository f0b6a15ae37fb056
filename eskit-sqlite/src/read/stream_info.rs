use eskit_runtime::{StreamId, StreamInfo, StreamStatus, Timestamp};
use rusqlite::Connection;

use crate::error::Fault;
use crate::read::stream;

/// A stream that is not open: its status, and the version of its last event.
pub(crate) struct Closed {
    pub(crate) status: StreamStatus,
    pub(crate) version: i64,
}

/// What `closed_streams` holds of a stream; `None` when it is open.
pub(crate) fn closed(conn: &Connection, stream: &StreamId) -> Result<Option<Closed>, Fault> {
    let mut statement = conn.prepare_cached(
        "SELECT status, closed_at, reason, version FROM closed_streams WHERE stream_type = ?1 AND stream_id = ?2",
    )?;
    let mut rows = statement.query((stream.stream_type(), stream.id()))?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let at = Timestamp::from_micros(row.get(1)?);
    let reason = || row.get::<_, Option<String>>(2).map(Option::unwrap_or_default);
    let status = match row.get(0)? {
        1_i64 => StreamStatus::Archived { at },
        2 => StreamStatus::Tombstoned { at, reason: reason()? },
        3 => StreamStatus::Deleted { at, reason: reason()? },
        other => return Err(Fault::Damaged(format!("stream `{stream}` has the unknown status {other}"))),
    };
    Ok(Some(Closed { status, version: row.get(3)? }))
}

/// The version and the status of a stream. Its statements must see one state of the log.
pub(crate) fn info(conn: &Connection, stream: &StreamId) -> Result<StreamInfo, Fault> {
    let Closed { status, version } = match closed(conn, stream)? {
        Some(closed) => closed,
        None => Closed { status: StreamStatus::Open, version: stream::version(conn, stream)? },
    };
    Ok(StreamInfo::new(version.unsigned_abs(), status))
}
