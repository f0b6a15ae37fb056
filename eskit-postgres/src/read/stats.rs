use std::sync::Arc;

use eskit_runtime::log::{EventId, LogStats, Place, TypeStats, WireName};
use sqlx::PgConnection;
use sqlx::types::Uuid;

use crate::error::Fault;
use crate::pool::connections::{Connections, Purpose, within};
use crate::sql::record::position;
use crate::sql::statements::Statements;

/// What a row is of, a name or a status, two numbers, and an id.
type Row = (String, String, i64, i64, Option<Uuid>);

/// What the log holds.
async fn stats(conn: &mut PgConnection, statements: &Statements) -> Result<LogStats, Fault> {
    let rows: Vec<Row> = statements.query_as(&statements.stats).fetch_all(conn).await?;
    let mut stats = LogStats::default();
    for (of, name, first, last, id) in rows {
        match of.as_str() {
            "size" => stats.size_bytes = Some(first.unsigned_abs()),
            "head" => stats.head = Place::new(position(first), EventId::from(id.unwrap_or_default())),
            "type" => stats.event_types.push(TypeStats::new(name, position(first), position(last))),
            "stream type" => stats.stream_types.push(WireName::from(name)),
            _ => count_closed(&mut stats, &name, first.unsigned_abs(), last.unsigned_abs())?,
        }
    }
    stats.event_types.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    stats.stream_types.sort_unstable();
    Ok(stats)
}

/// Streams that are not open, by status. The version of a deleted stream is the number of its events.
fn count_closed(stats: &mut LogStats, status: &str, streams: u64, events: u64) -> Result<(), Fault> {
    match status {
        "1" => stats.archived_streams = streams,
        "2" => stats.tombstoned_streams = streams,
        "3" => (stats.deleted_streams, stats.deleted_events) = (streams, events),
        _ => return Err(Fault::Damaged(format!("a stream has the unknown status {status}"))),
    }
    Ok(())
}

/// The same, on a connection of its own.
pub(crate) async fn read_stats(connections: &Arc<Connections>, statements: &Statements) -> Result<LogStats, Fault> {
    let mut connection = connections.take(Purpose::Other).await?;
    let result = within(connections.call_timeout(), stats(&mut connection, statements)).await;
    connection.give_back(&result);
    result
}
