use eskit_runtime::log::{StreamChange, StreamError, StreamId, StreamInfo, StreamStatus};
use eskit_runtime::store_kit::{Interner, StoredStatus};
use eskit_runtime::{RecordedEvent, Timestamp};
use sqlx::{Connection, PgConnection};

use crate::append::seal;
use crate::append::writer::Writer;
use crate::error::Fault;
use crate::pool::connections::{Purpose, within};
use crate::read::stream_info::info;
use crate::sql::record;
use crate::sql::standbys::wait_for_standbys;
use crate::sql::statements::Statements;

/// Events whose tags are deleted at once.
const EVENTS_AT_ONCE: i64 = 1000;

/// A change may take so many times as long as one call: it deletes as many events as the stream has.
pub(crate) const CHANGE_CALLS: u32 = 10;

/// What becomes of a change: the status from then on, or why there is none.
type Changed = Result<StreamStatus, StreamError>;

/// Changes a stream in a transaction of its own.
pub(crate) async fn change_alone(writer: &Writer, stream: &StreamId, change: &StreamChange) -> Result<Changed, Fault> {
    let connections = &writer.connections;
    let mut connection = connections.take(Purpose::Other).await?;
    // One at hand may have died meanwhile. It is too late to find out in the transaction: a change that went through, and was
    // undone by somebody else, must not be made again.
    let tested = within(connections.call_timeout(), async { Ok(connection.ping().await?) }).await;
    if tested.is_err() {
        connection.give_back(&tested);
        connection = connections.take(Purpose::Other).await?;
    }
    let result = within(writer.limit() * CHANGE_CALLS, change_in_turn(&mut connection, writer, stream, change)).await;
    connection.give_back(&result);
    result
}

async fn change_in_turn(
    conn: &mut PgConnection,
    writer: &Writer,
    stream: &StreamId,
    change: &StreamChange,
) -> Result<Changed, Fault> {
    // Whatever the session's default is: what others commit until it is this one's turn must be seen.
    let mut transaction = conn.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await?;
    let changed = self::change(&mut transaction, &writer.statements, stream, change, writer.wait_ms).await;
    // The turn is given back before anything else is done with the connection.
    if matches!(changed, Ok(Ok(_))) {
        transaction.commit().await?
    } else {
        transaction.rollback().await?
    }
    changed
}

/// Changes a stream in a transaction, which has the turn to append from then on.
pub(crate) async fn change(
    conn: &mut PgConnection,
    statements: &Statements,
    stream: &StreamId,
    change: &StreamChange,
    wait_ms: Option<i32>,
) -> Result<Changed, Fault> {
    if let Err(sealed) = seal::take_turn(conn, statements, wait_ms).await? {
        return Ok(Err(sealed.into()));
    }
    let StreamInfo { version, status, .. } = info(conn, statements, stream).await?;
    if version == 0 {
        return Ok(Err(StreamError::NotFound { stream: stream.clone() }));
    }
    let Some(next) = status.after(change, Timestamp::now()) else {
        return Ok(Err(StreamError::Refused { stream: stream.clone(), status, change: change.name() }));
    };
    if next != status {
        write(conn, statements, stream, &next, version).await?;
        if next.is_deleted() {
            delete(conn, statements, stream).await?;
        }
    } else {
        wait_for_standbys(conn).await?;
    }
    Ok(Ok(next))
}

/// Writes the status of a stream at a version.
pub(crate) async fn write(
    conn: &mut PgConnection,
    statements: &Statements,
    stream: &StreamId,
    status: &StreamStatus,
    version: u64,
) -> Result<(), Fault> {
    let Some(StoredStatus { number, at_micros, reason }) = StoredStatus::of(status) else {
        let open = statements.query(&statements.open_stream);
        open.bind(stream.stream_type()).bind(stream.id()).execute(conn).await?;
        return Ok(());
    };
    statements
        .query(&statements.close_stream)
        .bind(stream.stream_type())
        .bind(stream.id())
        .bind(number)
        .bind(at_micros)
        .bind(reason)
        .bind(i64::try_from(version).unwrap_or(i64::MAX))
        .execute(conn)
        .await?;
    Ok(())
}

/// Leaves of each event of a stream its place, its id, its version and its time. What the rows held stays in the files of the
/// server until they are vacuumed.
pub(crate) async fn delete(conn: &mut PgConnection, statements: &Statements, stream: &StreamId) -> Result<(), Fault> {
    let (mut names, mut version) = (Interner::new(), 0_u64);
    loop {
        let rows = statements
            .query(&statements.envelopes)
            .bind(stream.stream_type())
            .bind(stream.id())
            .bind(i64::try_from(version).unwrap_or(i64::MAX))
            .bind(EVENTS_AT_ONCE)
            .fetch_all(&mut *conn)
            .await?;
        let event = |row| record::event(row, &mut names);
        let events = rows.iter().map(event).collect::<Result<Vec<_>, _>>()?;
        let Some(last) = events.last().and_then(|event| event.stream.as_ref()) else { break };
        version = last.version;
        delete_tags(conn, statements, &events).await?;
    }
    let delete = statements.query(&statements.delete_events);
    delete.bind(stream.stream_type()).bind(stream.id()).execute(conn).await?;
    Ok(())
}

async fn delete_tags(conn: &mut PgConnection, statements: &Statements, events: &[RecordedEvent]) -> Result<(), Fault> {
    let (mut tags, mut types, mut positions) = (Vec::new(), Vec::new(), Vec::new());
    for event in events {
        for tag in event.tags.iter() {
            tags.push(tag.as_str());
            types.push(event.name.as_str());
            positions.push(record::column(event.position));
        }
    }
    let delete = statements.query(&statements.delete_tags);
    delete.bind(tags).bind(types).bind(positions).execute(conn).await?;
    Ok(())
}
