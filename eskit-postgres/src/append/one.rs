use eskit_runtime::Timestamp;
use eskit_runtime::log::{NewEvent, StreamId};
use sqlx::{PgConnection, Row};

use crate::append::condition::Conditions;
use crate::error::Fault;
use crate::sql::call::Call;
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
    /// The call that checks and writes the event.
    pub(crate) fn call(&self, statements: &Statements, wait_ms: Option<i32>) -> Call {
        let Conditions { versions, places, tags, .. } = self.conditions;
        let stream = self.event.stream.as_ref();
        let event_tags: Vec<&str> = self.event.tags.iter().map(|tag| tag.as_str()).collect();
        let call = Call::of(&statements.append_one)
            .with("wait_ms", wait_ms)
            .with("in_log", statements.log())
            .with("in_id", self.event.id.as_uuid())
            .with("in_type", self.event.name.as_str())
            .with("in_stream_type", stream.map(StreamId::stream_type))
            .with("in_stream_id", stream.map(StreamId::id))
            .with("expected", versions.expected.first())
            .with("in_recorded_at", self.recorded_at.as_micros())
            .with("in_envelope", self.envelope)
            .with("in_payload", self.event.payload.as_slice())
            .with("in_tags", event_tags)
            .with("held_pos", places.position.first())
            .with("held_id", places.id.first().copied().flatten());
        tags.give(call)
    }

    /// Writes the event; `None` if it was refused for whatever reason.
    pub(crate) async fn write(
        &self,
        conn: &mut PgConnection,
        statements: &Statements,
        wait_ms: Option<i32>,
    ) -> Result<Option<Written>, Fault> {
        let row = self.call(statements, wait_ms).run(conn).await?;
        let at: Option<i64> = row.try_get_unchecked(0)?;
        let version = row.try_get_unchecked(1)?;
        Ok(at.map(|at| Written { at, version }))
    }
}
