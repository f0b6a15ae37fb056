use std::collections::HashMap;

use eskit_runtime::{AppendError, Appended, EventId, NewEvent, Position, Timestamp};
use sqlx::PgConnection;
use sqlx::types::Uuid;

use crate::append::request::Answer;
use crate::error::Fault;
use crate::sql::record::position;
use crate::sql::statements::Statements;

/// The answer to an append of which at least one id is in the log: a repeat has the same ids in the same order as one
/// earlier append, and none more or less.
pub(crate) async fn answer(
    conn: &mut PgConnection,
    statements: &Statements,
    events: &[NewEvent],
) -> Result<Answer, Fault> {
    let ids: Vec<Uuid> = events.iter().map(|event| event.id.as_uuid()).collect();
    let found: Vec<(Uuid, i64)> = statements.query_as(&statements.positions).bind(&ids).fetch_all(&mut *conn).await?;
    let found: HashMap<EventId, i64> = found.into_iter().map(|(id, at)| (EventId::from(id), at)).collect();
    let Some((index, at)) =
        events.iter().enumerate().find_map(|(index, event)| found.get(&event.id).map(|at| (index, *at)))
    else {
        return Err(Fault::Damaged("an id that was in the log is not there any more".to_owned()));
    };
    let reused = Err(AppendError::IdReused { id: events[index].id, position: position(at) });
    let in_sequence = index == 0 && events.iter().zip(at..).all(|(event, at)| found.get(&event.id) == Some(&at));
    if !in_sequence {
        return Ok(reused);
    }
    let behind = at.saturating_add(i64::try_from(events.len()).unwrap_or(i64::MAX));
    let parts: Vec<Part> = statements.query_as(&statements.parts).bind(at).bind(behind).fetch_all(&mut *conn).await?;
    Ok(whole_append(events, &parts).map_or(reused, Ok))
}

/// A row of [`Statements::parts`]: position, index within its append, version, and time.
type Part = (i64, i32, Option<i64>, i64);

/// The answer to a repeat, if the rows, of which one more than there are events was asked for, are one whole append.
fn whole_append(events: &[NewEvent], rows: &[Part]) -> Option<Appended> {
    let (own, behind) = rows.split_at_checked(events.len())?;
    let is_whole = own.iter().zip(0..).all(|((_, part, ..), expected)| *part == expected);
    // The earlier append was longer when the next event is not the first of another one.
    if !is_whole || behind.iter().any(|(_, part, ..)| *part != 0) {
        return None;
    }
    let positions: Vec<Position> = own.iter().map(|(at, ..)| position(*at)).collect();
    let versions = own.iter().map(|(_, _, version, _)| version.map(i64::unsigned_abs)).collect();
    let own_times = || own.iter().zip(events).filter(|(_, event)| event.recorded_at.is_none()).map(|(row, _)| row.3);
    let recorded_at = own_times().next().or_else(|| own.first().map(|row| row.3)).unwrap_or_default();
    Some(Appended::repeated(positions, versions, Timestamp::from_micros(recorded_at)))
}
