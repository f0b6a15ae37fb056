use eskit_runtime::log::{
    Condition, Conflict, ConflictEvent, ConflictKind, Direction, ExpectedVersion, Position, Query, StreamId,
};

use crate::append::transaction::Transaction;
use crate::error::Fault;
use crate::file::row::{column, position};
use crate::read::range::Range;
use crate::read::select;

/// The first condition that does not hold, with the event that broke it.
pub(crate) fn first_conflict(
    log: &mut Transaction<'_, '_>,
    conditions: &[Condition],
) -> Result<Option<Conflict>, Fault> {
    for condition in conditions {
        let conflict = match condition {
            Condition::Stream { expected: ExpectedVersion::Any, .. } => None,
            Condition::Stream { stream, expected } => stream_conflict(log, stream, *expected)?,
            Condition::Holds(place) if log.holds(*place)? => None,
            Condition::Holds(place) => Some(Conflict::new(ConflictKind::Replaced { place: *place }, None)),
            Condition::NoEvents { query, after } => query_conflict(log, query, *after)?,
        };
        if conflict.is_some() {
            return Ok(conflict);
        }
    }
    Ok(None)
}

/// How many parts the queries of these conditions have.
pub(crate) fn parts(conditions: &[Condition]) -> usize {
    let queries = conditions.iter().filter_map(|condition| match condition {
        Condition::NoEvents { query, .. } => Some(query),
        _ => None,
    });
    queries.flat_map(Query::items).map(|item| 1 + item.types.len() + item.tags.len() + item.ids.len()).sum()
}

fn stream_conflict(
    log: &mut Transaction<'_, '_>,
    stream: &StreamId,
    expected: ExpectedVersion,
) -> Result<Option<Conflict>, Fault> {
    let found = log.stream_version(stream)?.unsigned_abs();
    if expected.accepts(found) {
        return Ok(None);
    }
    let kind = ConflictKind::Stream { stream: stream.clone(), expected, found };
    let event = newest(log, &Query::stream(stream.clone()), Position::START)?;
    Ok(Some(Conflict::new(kind, event)))
}

fn query_conflict(log: &Transaction<'_, '_>, query: &Query, after: Position) -> Result<Option<Conflict>, Fault> {
    let event = newest(log, query, after)?;
    Ok(event.map(|event| Conflict::new(ConflictKind::Query { after }, Some(event))))
}

/// The newest event behind a position that matches a query.
fn newest(log: &Transaction<'_, '_>, query: &Query, after: Position) -> Result<Option<ConflictEvent>, Fault> {
    let range = Range::behind(column(after), Direction::Backward);
    let Some(at) = select::newest(log.conn, query, range)? else { return Ok(None) };
    let mut statement = log.conn.prepare_cached("SELECT type FROM events WHERE pos = ?1")?;
    let name: String = statement.query_row([at], |row| row.get(0))?;
    Ok(Some(ConflictEvent { position: position(at), name: name.into() }))
}
