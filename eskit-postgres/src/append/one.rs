use eskit_runtime::{NewEvent, StreamId, Timestamp};
use sqlx::{AssertSqlSafe, PgConnection, Row};

use crate::append::condition::Conditions;
use crate::error::Fault;
use crate::sql::statements::Statements;

/// An append of one event, with conditions that one short statement can check: on the version of its own stream, on a place, and on
/// tags beside types. Most commands yield such an append, and it costs half of what a batch of any form does.
pub(crate) struct One<'b> {
    pub(crate) event: &'b NewEvent,
    pub(crate) conditions: &'b Conditions<'b>,
    pub(crate) recorded_at: Timestamp,
    pub(crate) envelope: &'b [u8],
}

/// Where the event stands that was written.
pub(crate) struct Written {
    pub(crate) at: i64,
    /// The version of its stream.
    pub(crate) version: Option<i64>,
}

impl One<'_> {
    /// Writes the event; `None` if it was refused for whatever reason.
    pub(crate) async fn write(
        &self,
        conn: &mut PgConnection,
        statements: &Statements,
        wait_ms: Option<i32>,
    ) -> Result<Option<Written>, Fault> {
        let Conditions { versions, places, tags, .. } = self.conditions;
        let stream = self.event.stream.as_ref();
        let event_tags: Vec<&str> = self.event.tags.iter().map(|tag| tag.as_str()).collect();
        let row = sqlx::query(AssertSqlSafe(statements.append_one.clone()))
            .bind(wait_ms)
            .bind(statements.log)
            .bind(self.event.id.as_uuid())
            .bind(self.event.name.as_str())
            .bind(stream.map(StreamId::stream_type))
            .bind(stream.map(StreamId::id))
            .bind(versions.expected.first())
            .bind(self.recorded_at.as_micros())
            .bind(self.envelope)
            .bind(self.event.payload.as_slice())
            .bind(event_tags)
            .bind(places.position.first())
            .bind(places.id.first().copied().flatten())
            .bind(&tags.after)
            .bind(&tags.name)
            .bind(&tags.tag)
            .fetch_one(conn)
            .await?;
        let at: Option<i64> = row.try_get_unchecked(0)?;
        let version = row.try_get_unchecked(1)?;
        Ok(at.map(|at| Written { at, version }))
    }
}
