use eskit_runtime::log::{StreamId, StreamInfo, StreamStatus};
use eskit_runtime::store_kit::StoredStatus;
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
    let stored = StoredStatus { number: row.get(0)?, at_micros: row.get(1)?, reason: row.get(2)? };
    let damaged = || Fault::Damaged(format!("stream `{stream}` has an unknown status"));
    let status = stored.status().ok_or_else(damaged)?;
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
