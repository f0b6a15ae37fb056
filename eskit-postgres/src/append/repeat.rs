use std::collections::HashMap;

use eskit_runtime::Timestamp;
use eskit_runtime::log::{EventId, NewEvent, Position};
use eskit_runtime::store_kit::{Repeat, StoredPart};
use sqlx::PgConnection;
use sqlx::types::Uuid;

use crate::append::request::Answer;
use crate::error::Fault;
use crate::sql::record::{column, position};
use crate::sql::standbys::wait_for_standbys;
use crate::sql::statements::Statements;

/// The answer to an append of which at least one id is in the log.
pub(crate) async fn answer(
    conn: &mut PgConnection,
    statements: &Statements,
    events: &[NewEvent],
) -> Result<Answer, Fault> {
    let ids: Vec<Uuid> = events.iter().map(|event| event.id.as_uuid()).collect();
    let found: Vec<(Uuid, i64)> = statements.query_as(&statements.positions).bind(&ids).fetch_all(&mut *conn).await?;
    let found: HashMap<EventId, Position> =
        found.into_iter().map(|(id, at)| (EventId::from(id), position(at))).collect();
    let Some(repeat) = Repeat::find(events, events.iter().map(|event| found.get(&event.id).copied())) else {
        return Err(Fault::Damaged("an id that was in the log is not there any more".to_owned()));
    };
    let Some((first, last)) = repeat.range() else { return Ok(repeat.answer(&[])) };
    wait_for_standbys(conn).await?;
    let query = statements.query_as(&statements.parts).bind(column(first)).bind(column(last));
    let rows: Vec<(i64, i32, Option<i64>, i64)> = query.fetch_all(&mut *conn).await?;
    let part = |(at, part, version, recorded_at): (i64, i32, Option<i64>, i64)| StoredPart {
        position: position(at),
        part: part.into(),
        version: version.map(i64::unsigned_abs),
        recorded_at: Timestamp::from_micros(recorded_at),
    };
    let parts: Vec<StoredPart> = rows.into_iter().map(part).collect();
    Ok(repeat.answer(&parts))
}
