use std::sync::Arc;

use eskit_runtime::Timestamp;
use eskit_runtime::log::{EventId, LogId, Place, StreamId};
use eskit_runtime::store_kit::Interner;
use eskit_runtime::transfer::{
    Appends, DeletedEvent, DumpFrom, Entry, LogRecord, RecordError, RecordPage, StreamRecord,
};
use futures_util::TryStreamExt;
use sqlx::postgres::PgRow;
use sqlx::types::Uuid;
use sqlx::{Connection, PgConnection, Row};

use crate::error::Fault;
use crate::pool::connections::{Connections, Purpose, within};
use crate::read::stream_info::status;
use crate::sql::head::head_behind;
use crate::sql::record::{self, column, position};
use crate::sql::statements::Statements;

/// Rows that are asked for at once, so that the server does not send many more than fit if they are large.
const ROWS_AT_ONCE: usize = 2000;
/// Streams of one page.
const STREAMS_MAX: usize = 1000;

/// One state of the log for reading.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// A page, and whether the server has more to send than what it has room for.
struct Dumped {
    page: RecordPage,
    is_cut: bool,
}

/// Reads one page of records, on a connection of its own.
pub(crate) async fn dump_alone(
    connections: &Arc<Connections>,
    statements: &Statements,
    from: &DumpFrom,
) -> Result<RecordPage, Fault> {
    let mut connection = connections.take(Purpose::Other).await?;
    let dumped = async {
        let mut transaction = connection.begin_with(BEGIN).await?;
        let dumped = dump(&mut transaction, statements, from).await?;
        if !dumped.is_cut {
            transaction.commit().await?;
        }
        Ok(dumped)
    };
    let result = within(connections.call_timeout(), dumped).await;
    // As for any page: what the server goes on to send is without end compared with a new connection.
    if !matches!(&result, Ok(dumped) if dumped.is_cut) {
        connection.give_back(&result);
    }
    result.map(|dumped| dumped.page)
}

/// Reads one page of records within a transaction that sees one state of the log.
async fn dump(conn: &mut PgConnection, statements: &Statements, from: &DumpFrom) -> Result<Dumped, Fault> {
    let (place, after) = match from {
        DumpFrom::Append(place) => (*place, None),
        DumpFrom::Stream(after) => (Place::START, after.as_ref()),
        _ => return Err(Fault::Refused("this program knows no such page".to_owned())),
    };
    let head = head_behind(conn, statements, place).await?;
    let mut page = RecordPage::new(LogId::from(statements.log()), Vec::new(), None, head);
    let mut is_cut = false;
    if matches!(from, DumpFrom::Append(_)) {
        (page.records, page.next, is_cut) = appends(conn, statements, place, head).await?;
    }
    if page.next.is_none() {
        let (streams, next) = streams(conn, statements, after).await?;
        page.records.extend(streams.into_iter().map(LogRecord::Stream));
        page.next = next;
    }
    Ok(Dumped { page, is_cut })
}

type Found = (Vec<LogRecord>, Option<DumpFrom>, bool);

/// The appends of one page, where the next one begins if it begins with an append, and whether rows were left unread.
async fn appends(conn: &mut PgConnection, statements: &Statements, after: Place, head: Place) -> Result<Found, Fault> {
    let (mut page, mut names, mut last) = (Appends::new(), Interner::new(), after);
    while last.position < head.position {
        let wanted = page.wanted().min(ROWS_AT_ONCE);
        if wanted == 0 {
            return Ok((page.finish(true).map_err(damaged)?, Some(DumpFrom::Append(last)), false));
        }
        let limit = i64::try_from(wanted).unwrap_or(i64::MAX);
        let query = statements.query(&statements.dump_rows).bind(column(last.position)).bind(limit);
        let mut rows = query.fetch(&mut *conn);
        let before = last;
        while let Some(row) = rows.try_next().await? {
            let entry = entry(&row, &mut names)?;
            let (part, place): (i32, _) = (row.try_get_unchecked(2)?, entry.place());
            if !page.push(usize::try_from(part).unwrap_or(usize::MAX), entry).map_err(refused)? {
                let records = page.finish(false).map_err(damaged)?;
                return Ok((records, Some(DumpFrom::Append(last)), true));
            }
            last = place;
        }
        if last == before {
            return Err(Fault::Damaged(format!("the log ends at {head}, but nothing follows {last}")));
        }
    }
    Ok((page.finish(true).map_err(damaged)?, None, false))
}

fn damaged(error: RecordError) -> Fault {
    Fault::Damaged(error.to_string())
}

fn refused(error: RecordError) -> Fault {
    match error {
        RecordError::NotAtStart { .. } => Fault::Refused(error.to_string()),
        error => damaged(error),
    }
}

/// What the log holds at a position. Of a deleted event there is no envelope.
fn entry(row: &PgRow, names: &mut Interner) -> Result<Entry, Fault> {
    let envelope: &[u8] = row.try_get_unchecked(0)?;
    if !envelope.is_empty() {
        return record::event(row, names).map(Entry::Event);
    }
    let (at, id, version): (i64, Uuid, Option<i64>) =
        (row.try_get_unchecked(3)?, row.try_get_unchecked(4)?, row.try_get_unchecked(5)?);
    let recorded_at = Timestamp::from_micros(row.try_get_unchecked(6)?);
    let version = version.unwrap_or_default().unsigned_abs();
    Ok(Entry::Deleted(DeletedEvent::new(position(at), EventId::from(id), version, recorded_at)))
}

/// One page of streams, and where the next one begins.
async fn streams(
    conn: &mut PgConnection,
    statements: &Statements,
    after: Option<&StreamId>,
) -> Result<(Vec<StreamRecord>, Option<DumpFrom>), Fault> {
    // No stream has an empty type.
    let (of, id) = after.map_or(("", ""), |stream| (stream.stream_type(), stream.id()));
    let query = statements.query_as::<(String, String, i32, i64, Option<String>, i64)>(&statements.dump_streams);
    let limit = i64::try_from(STREAMS_MAX + 1).unwrap_or(i64::MAX);
    let mut rows = query.bind(of).bind(id).bind(limit).fetch_all(conn).await?;
    let more = rows.len() > STREAMS_MAX;
    rows.truncate(STREAMS_MAX);
    let record = |(of, id, number, at, reason, version): (String, String, i32, i64, Option<String>, i64)| {
        Ok(StreamRecord::new(StreamId::new(of, id), version.unsigned_abs(), status(number, at, reason)?))
    };
    let streams = rows.into_iter().map(record).collect::<Result<Vec<_>, Fault>>()?;
    let last = streams.last().map(|record| record.stream.clone());
    Ok((streams, more.then_some(DumpFrom::Stream(last))))
}
