use std::sync::Arc;

use eskit_runtime::log::{StreamId, StreamInfo, StreamStatus};
use eskit_runtime::store_kit::StoredStatus;
use sqlx::PgConnection;

use crate::error::Fault;
use crate::pool::connections::{Connections, Purpose, within};
use crate::sql::statements::Statements;

/// The status that the database holds as a number, a time and a reason.
pub(crate) fn status(number: i32, at_micros: i64, reason: Option<String>) -> Result<StreamStatus, Fault> {
    let damaged = || Fault::Damaged(format!("a stream has the unknown status {number}"));
    StoredStatus { number, at_micros, reason }.status().ok_or_else(damaged)
}

/// The version and the status of a stream.
pub(crate) async fn info(
    conn: &mut PgConnection,
    statements: &Statements,
    stream: &StreamId,
) -> Result<StreamInfo, Fault> {
    let (number, at, reason, version): (Option<i32>, Option<i64>, Option<String>, i64) = statements
        .query_as(&statements.stream_info)
        .bind(stream.stream_type())
        .bind(stream.id())
        .fetch_one(conn)
        .await?;
    let status = match number {
        None => StreamStatus::Open,
        Some(number) => status(number, at.unwrap_or_default(), reason)?,
    };
    Ok(StreamInfo::new(version.unsigned_abs(), status))
}

/// The same, on a connection of its own.
pub(crate) async fn read_info(
    connections: &Arc<Connections>,
    statements: &Statements,
    stream: &StreamId,
) -> Result<StreamInfo, Fault> {
    let mut connection = connections.take(Purpose::Other).await?;
    let result = within(connections.call_timeout(), info(&mut connection, statements, stream)).await;
    connection.give_back(&result);
    result
}
