use std::sync::Arc;

use eskit_runtime::log::{ListStreams, ListedStream, StreamId, StreamInfo, StreamPage, StreamStatus};
use sqlx::PgConnection;

use crate::error::Fault;
use crate::pool::connections::{Connections, Purpose, within};
use crate::read::stream_info::status;
use crate::sql::statements::Statements;

/// A stream: its id, its status, since when, why, and its version.
type Row = (String, Option<i32>, Option<i64>, Option<String>, i64);

/// The streams of a type after an id.
pub(crate) async fn list(
    conn: &mut PgConnection,
    statements: &Statements,
    list: &ListStreams,
) -> Result<StreamPage, Fault> {
    let limit = list.page_limit();
    let mut rows: Vec<Row> = statements
        .query_as(&statements.list_streams)
        .bind(&*list.stream_type)
        // No stream has an empty id.
        .bind(list.after.as_deref().unwrap_or_default())
        .bind(i32::try_from(limit + 1).unwrap_or(i32::MAX))
        .fetch_all(conn)
        .await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let listed = |(id, number, at, reason, version): Row| {
        let status = match number {
            None => StreamStatus::Open,
            Some(number) => status(number, at.unwrap_or_default(), reason)?,
        };
        let stream = StreamId::new(list.stream_type.clone(), id);
        Ok(ListedStream::new(stream, StreamInfo::new(version.unsigned_abs(), status)))
    };
    Ok(StreamPage::new(rows.into_iter().map(listed).collect::<Result<_, Fault>>()?, more))
}

/// The same, on a connection of its own.
pub(crate) async fn read_list(
    connections: &Arc<Connections>,
    statements: &Statements,
    list: &ListStreams,
) -> Result<StreamPage, Fault> {
    let mut connection = connections.take(Purpose::Other).await?;
    let result = within(connections.call_timeout(), self::list(&mut connection, statements, list)).await;
    connection.give_back(&result);
    result
}
