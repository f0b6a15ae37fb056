use eskit_runtime::Timestamp;
use eskit_runtime::log::{Direction, QueryItem, StreamChange, StreamError, StreamId, StreamInfo, StreamStatus};
use eskit_runtime::store_kit::StoredStatus;
use rusqlite::Connection;

use crate::append::transaction::Transaction;
use crate::error::Fault;
use crate::file::erase::{SecureDelete, secure_delete};
use crate::read::range::Range;
use crate::read::stream::{self, Columns};
use crate::read::stream_info::info;
use crate::read::tagged;

/// Changes a stream within the transaction of a log. A refused change wrote nothing.
pub(crate) fn change(
    log: &mut Transaction<'_, '_>,
    stream: &StreamId,
    change: &StreamChange,
) -> Result<Result<StreamStatus, StreamError>, Fault> {
    if let Err(sealed) = log.state.check_unsealed() {
        return Ok(Err(sealed.into()));
    }
    let StreamInfo { version, status, .. } = info(log.conn, stream)?;
    if version == 0 {
        return Ok(Err(StreamError::NotFound { stream: stream.clone() }));
    }
    let Some(next) = status.after(change, Timestamp::now()) else {
        return Ok(Err(StreamError::Refused { stream: stream.clone(), status, change: change.name() }));
    };
    if next != status {
        write(log.conn, stream, &next, version)?;
        log.state.stream_changed();
        if next.is_deleted() {
            delete(log.conn, stream)?;
        }
    }
    Ok(Ok(next))
}

/// Writes the status of a stream at a version.
pub(crate) fn write(conn: &Connection, stream: &StreamId, status: &StreamStatus, version: u64) -> Result<(), Fault> {
    let Some(StoredStatus { number, at_micros, reason }) = StoredStatus::of(status) else {
        conn.prepare_cached("DELETE FROM closed_streams WHERE stream_type = ?1 AND stream_id = ?2")?
            .execute((stream.stream_type(), stream.id()))?;
        return Ok(());
    };
    let version = i64::try_from(version).unwrap_or(i64::MAX);
    conn.prepare_cached(
        "INSERT OR REPLACE INTO closed_streams (stream_type, stream_id, status, closed_at, reason, version) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute((stream.stream_type(), stream.id(), number, at_micros, reason, version))?;
    Ok(())
}

/// Leaves of each event of a stream its place, its id, its version and its time.
pub(crate) fn delete(conn: &Connection, stream: &StreamId) -> Result<(), Fault> {
    // Pages that become free would keep what they held.
    secure_delete(conn, SecureDelete::Full)?;
    let of_stream = QueryItem::stream(stream.clone());
    let mut leave = conn.prepare_cached(
        "UPDATE events SET type = '', stream_type = NULL, stream_id = NULL, envelope = x'', payload = x'' WHERE pos = ?1",
    )?;
    // A statement that reads rows must not meet what is changed behind it.
    let mut positions: Vec<i64> = Vec::new();
    let all = Range::behind(0, Direction::Forward);
    stream::walk(conn, (stream, &of_stream), all, Columns::Filter, |row| {
        positions.push(row.get(0)?);
        tagged::delete(conn, row)?;
        Ok(true)
    })?;
    for at in positions {
        leave.execute([at])?;
    }
    stream::delete_entries(conn, stream)?;
    secure_delete(conn, SecureDelete::Fast)
}
