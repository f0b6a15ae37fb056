use eskit_runtime::{Direction, QueryItem, StreamId};
use rusqlite::{Connection, Row};

use crate::error::Fault;
use crate::range::Range;
use crate::row::{self, event_columns, filter_columns};

macro_rules! stream_sql {
    ($columns:expr, $order:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM events INDEXED BY events_stream WHERE stream_type = ?1 AND stream_id = ?2 \
             AND version BETWEEN ?3 AND ?4 ORDER BY version ",
            $order
        )
    };
}

/// The columns that a walk over events reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Columns {
    /// Those that a filter needs.
    Filter,
    /// All.
    Event,
}

/// Calls `each` with the events of a stream that lie in a range and match the rest of the item, until it returns
/// `false`.
pub(crate) fn walk(
    conn: &Connection,
    (stream, item): (&StreamId, &QueryItem),
    range: Range,
    columns: Columns,
    mut each: impl FnMut(&Row<'_>) -> Result<bool, Fault>,
) -> Result<(), Fault> {
    let first = if range.after <= 0 { 1 } else { first_version_behind(conn, stream, range.after)? };
    let last = if range.until == i64::MAX { i64::MAX } else { first_version_behind(conn, stream, range.until)? - 1 };
    let sql = match (columns, range.direction) {
        (Columns::Filter, Direction::Forward) => stream_sql!(filter_columns!(), "ASC"),
        (Columns::Filter, Direction::Backward) => stream_sql!(filter_columns!(), "DESC"),
        (Columns::Event, Direction::Forward) => stream_sql!(event_columns!(), "ASC"),
        (Columns::Event, Direction::Backward) => stream_sql!(event_columns!(), "DESC"),
    };
    let is_filtered = !is_only_stream(item);
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query((stream.stream_type(), stream.id(), first, last))?;
    while let Some(row) = rows.next()? {
        if (!is_filtered || row::matches(item, row)?) && !each(row)? {
            break;
        }
    }
    Ok(())
}

fn is_only_stream(item: &QueryItem) -> bool {
    item.types.is_empty() && item.tags.is_empty() && item.ids.is_empty() && item.stream_type.is_none()
}

/// The version of the first event of a stream behind a position; one more than its last version when there is none.
///
/// Versions and positions grow together, so this is a binary search in the index.
fn first_version_behind(conn: &Connection, stream: &StreamId, after: i64) -> Result<i64, Fault> {
    let mut statement = conn.prepare_cached(
        "SELECT version, pos FROM events INDEXED BY events_stream WHERE stream_type = ?1 AND stream_id = ?2 \
         AND version <= ?3 ORDER BY version DESC LIMIT 1",
    )?;
    let mut at_or_before = |version: i64| -> Result<(i64, i64), Fault> {
        let mut rows = statement.query((stream.stream_type(), stream.id(), version))?;
        Ok(match rows.next()? {
            Some(row) => (row.get(0)?, row.get(1)?),
            None => (0, 0),
        })
    };
    let (last, position) = at_or_before(i64::MAX)?;
    // Versions up to `low` lie at or before the position, those from `high` behind it.
    let (mut low, mut high) = if position <= after { (last, last + 1) } else { (0, last) };
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if at_or_before(middle)?.1 <= after { low = middle } else { high = middle }
    }
    Ok(high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema;

    #[test]
    fn streams_are_read_in_the_order_of_their_index() {
        let conn = schema::in_memory();
        for sql in [stream_sql!(event_columns!(), "ASC"), stream_sql!(filter_columns!(), "DESC")] {
            let plan = schema::plan(&conn, sql);
            let seek =
                "SEARCH events USING INDEX events_stream (stream_type=? AND stream_id=? AND version>? AND version<?)";
            assert_eq!(plan, [seek]);
        }
    }
}
