use eskit_runtime::Timestamp;
use eskit_runtime::log::{EventId, Place, StoreErrorKind, StreamId};
use eskit_runtime::store_kit::{Interner, StoredStatus};
use eskit_runtime::transfer::{
    Appends, DeletedEvent, DumpFrom, Entry, LogRecord, RecordError, RecordPage, StreamRecord,
};
use rusqlite::{Connection, Row};

use crate::error::Fault;
use crate::file::row::{self, column, event_columns, position};
use crate::file::{place, schema, snapshot};

/// Streams of one page.
const STREAMS_MAX: usize = 1000;

/// Every row of the log after a position, also those of deleted events.
const ROWS: &str =
    concat!("SELECT ", event_columns!(), ", e.part, e.id, e.recorded_at FROM events e WHERE e.pos > ?1 ORDER BY e.pos");

/// Streams that are not open, after one.
const CLOSED: &str = "SELECT stream_type, stream_id, status, closed_at, reason, version FROM closed_streams \
                      WHERE (stream_type, stream_id) > (?1, ?2) ORDER BY stream_type, stream_id LIMIT ?3";

/// Reads one page of records.
pub(crate) fn dump(conn: &Connection, names: &mut Interner, from: &DumpFrom) -> Result<RecordPage, Fault> {
    snapshot::within(conn, || {
        let log = schema::log_id(conn)?;
        let (place, after) = match from {
            DumpFrom::Append(place) => (*place, None),
            DumpFrom::Stream(after) => (Place::START, after.as_ref()),
            _ => return Err(Fault::Failed(StoreErrorKind::Unsupported, "this program knows no such page".to_owned())),
        };
        let head = place::head_behind(conn, place)?;
        let (mut records, mut next) = (Vec::new(), None);
        if matches!(from, DumpFrom::Append(_)) {
            (records, next) = appends(conn, names, place, head)?;
        }
        if next.is_none() {
            let streams = streams(conn, after)?;
            records.extend(streams.0.into_iter().map(LogRecord::Stream));
            next = streams.1;
        }
        Ok(RecordPage::new(log, records, next, head))
    })
}

/// The appends of one page, and where the next one begins if it begins with an append.
fn appends(
    conn: &Connection,
    names: &mut Interner,
    after: Place,
    head: Place,
) -> Result<(Vec<LogRecord>, Option<DumpFrom>), Fault> {
    let mut page = Appends::new();
    let mut statement = conn.prepare_cached(ROWS)?;
    let mut rows = statement.query([column(after.position)])?;
    let mut next = None;
    while let Some(row) = rows.next()? {
        let part: i64 = row.get(4)?;
        let entry = entry(row, names)?;
        let last = page.last();
        if !page.push(usize::try_from(part).unwrap_or(usize::MAX), entry).map_err(refused)? {
            next = last.map(DumpFrom::Append);
            break;
        }
    }
    let records = page.finish(next.is_none()).map_err(|error| Fault::Damaged(error.to_string()))?;
    if next.is_none() && records.is_empty() && after.position < head.position {
        return Err(Fault::Damaged(format!("the log ends at {head}, but nothing follows {after}")));
    }
    Ok((records, next))
}

fn refused(error: RecordError) -> Fault {
    match error {
        RecordError::NotAtStart { .. } => Fault::Failed(StoreErrorKind::Invalid, error.to_string()),
        error => Fault::Damaged(error.to_string()),
    }
}

/// What the log holds at a position. Of a deleted event there is no envelope.
fn entry(row: &Row<'_>, names: &mut Interner) -> Result<Entry, Fault> {
    if !row.get_ref(1)?.as_blob().is_ok_and(<[u8]>::is_empty) {
        return row::event(row, names).map(Entry::Event);
    }
    let version: Option<i64> = row.get(2)?;
    let (id, recorded_at) = (EventId::from_bytes(row.get(5)?), Timestamp::from_micros(row.get(6)?));
    let version = version.unwrap_or_default().unsigned_abs();
    Ok(Entry::Deleted(DeletedEvent::new(position(row.get(0)?), id, version, recorded_at)))
}

/// One page of streams, and where the next one begins.
fn streams(conn: &Connection, after: Option<&StreamId>) -> Result<(Vec<StreamRecord>, Option<DumpFrom>), Fault> {
    // No stream has an empty type.
    let (of, id) = after.map_or(("", ""), |stream| (stream.stream_type(), stream.id()));
    let mut statement = conn.prepare_cached(CLOSED)?;
    let mut rows = statement.query((of, id, i64::try_from(STREAMS_MAX + 1).unwrap_or(i64::MAX)))?;
    let mut streams: Vec<StreamRecord> = Vec::new();
    while let Some(row) = rows.next()? {
        if streams.len() == STREAMS_MAX {
            let last = streams.last().map(|record| record.stream.clone());
            return Ok((streams, Some(DumpFrom::Stream(last))));
        }
        let stream = StreamId::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?);
        let stored = StoredStatus { number: row.get(2)?, at_micros: row.get(3)?, reason: row.get(4)? };
        let damaged = || Fault::Damaged(format!("stream `{stream}` has an unknown status"));
        let status = stored.status().ok_or_else(damaged)?;
        streams.push(StreamRecord::new(stream, row.get::<_, i64>(5)?.unsigned_abs(), status));
    }
    Ok((streams, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_in_the_order_of_their_tables() {
        let conn = schema::in_memory();
        assert_eq!(schema::plan(&conn, ROWS), ["SEARCH e USING INTEGER PRIMARY KEY (rowid>?)"]);
        let seek = "SEARCH closed_streams USING PRIMARY KEY ((stream_type,stream_id)>(?,?))";
        assert_eq!(schema::plan(&conn, CLOSED), [seek]);
    }
}
