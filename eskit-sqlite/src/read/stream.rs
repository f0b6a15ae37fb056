use eskit_runtime::log::{Direction, QueryItem, StreamId};
use rusqlite::{Connection, OptionalExtension, Row, Statement};

use crate::error::Fault;
use crate::file::row::{self, event_columns, filter_columns};
use crate::file::tier::Tier;
use crate::read::range::Range;

macro_rules! stream_sql {
    ($columns:expr, $table:literal, $order:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM ",
            $table,
            " s CROSS JOIN events e ON e.pos = s.pos \
             WHERE s.stream_type = ?1 AND s.stream_id = ?2 AND s.version BETWEEN ?3 AND ?4 ORDER BY s.version ",
            $order
        )
    };
}

/// The last entry of a stream up to a version.
macro_rules! last_sql {
    ($table:literal) => {
        concat!(
            "SELECT version, pos FROM ",
            $table,
            " WHERE stream_type = ?1 AND stream_id = ?2 AND version <= ?3 ORDER BY version DESC LIMIT 1"
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
    let (first, last) = (first.max(range.versions.0), last.min(range.versions.1));
    let is_filtered = !is_only_stream(item);
    for tier in Tier::in_order(range.direction) {
        let mut statement = conn.prepare_cached(walk_sql(columns, range.direction, tier))?;
        let mut rows = statement.query((stream.stream_type(), stream.id(), first, last))?;
        while let Some(row) = rows.next()? {
            if (!is_filtered || row::matches(item, row)?) && !each(row)? {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn walk_sql(columns: Columns, direction: Direction, tier: Tier) -> &'static str {
    match (columns, direction, tier) {
        (Columns::Filter, Direction::Forward, Tier::Settled) => stream_sql!(filter_columns!(), "streams", "ASC"),
        (Columns::Filter, Direction::Forward, Tier::Recent) => stream_sql!(filter_columns!(), "streams_recent", "ASC"),
        (Columns::Filter, Direction::Backward, Tier::Settled) => stream_sql!(filter_columns!(), "streams", "DESC"),
        (Columns::Filter, Direction::Backward, Tier::Recent) => {
            stream_sql!(filter_columns!(), "streams_recent", "DESC")
        }
        (Columns::Event, Direction::Forward, Tier::Settled) => stream_sql!(event_columns!(), "streams", "ASC"),
        (Columns::Event, Direction::Forward, Tier::Recent) => stream_sql!(event_columns!(), "streams_recent", "ASC"),
        (Columns::Event, Direction::Backward, Tier::Settled) => stream_sql!(event_columns!(), "streams", "DESC"),
        (Columns::Event, Direction::Backward, Tier::Recent) => stream_sql!(event_columns!(), "streams_recent", "DESC"),
    }
}

fn is_only_stream(item: &QueryItem) -> bool {
    item.types.is_empty() && item.tags.is_empty() && item.ids.is_empty() && item.stream_type.is_none()
}

/// Finds the last entry of a stream up to a version, in either tier, the newer one first.
pub(crate) const LAST_ENTRY: [&str; 2] = [last_sql!("streams_recent"), last_sql!("streams")];

/// The version and the position of the last entry of a stream up to a version, by one of the statements of [`LAST_ENTRY`].
pub(crate) fn entry_in(
    statement: &mut Statement<'_>,
    stream: &StreamId,
    until: i64,
) -> Result<Option<(i64, i64)>, Fault> {
    let entry = statement.query_row((stream.stream_type(), stream.id(), until), |row| Ok((row.get(0)?, row.get(1)?)));
    Ok(entry.optional()?)
}

fn last_entry(conn: &Connection, stream: &StreamId, until: i64) -> Result<Option<(i64, i64)>, Fault> {
    for sql in LAST_ENTRY {
        let entry = entry_in(&mut *conn.prepare_cached(sql)?, stream, until)?;
        if entry.is_some() {
            return Ok(entry);
        }
    }
    Ok(None)
}

/// The version of a stream by its events: 0 when it holds none.
pub(crate) fn version(conn: &Connection, stream: &StreamId) -> Result<i64, Fault> {
    Ok(last_entry(conn, stream, i64::MAX)?.map_or(0, |(version, _)| version))
}

/// The version of the first event of a stream behind a position; one more than its last version when there is none.
///
/// Versions and positions grow together, so this is a binary search in the index.
fn first_version_behind(conn: &Connection, stream: &StreamId, after: i64) -> Result<i64, Fault> {
    let at_or_before = |version: i64| last_entry(conn, stream, version).map(Option::unwrap_or_default);
    let (last, position) = at_or_before(i64::MAX)?;
    // Versions up to `low` lie at or before the position, those from `high` behind it.
    let (mut low, mut high) = if position <= after { (last, last + 1) } else { (0, last) };
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if at_or_before(middle)?.1 <= after { low = middle } else { high = middle }
    }
    Ok(high)
}

/// Deletes all entries by which the events of a stream are found.
pub(crate) fn delete_entries(conn: &Connection, stream: &StreamId) -> Result<(), Fault> {
    macro_rules! delete_sql {
        ($table:literal) => {
            concat!("DELETE FROM ", $table, " WHERE stream_type = ?1 AND stream_id = ?2")
        };
    }
    for tier in Tier::NEWEST_FIRST {
        conn.prepare_cached(tier.pick(delete_sql!("streams"), delete_sql!("streams_recent")))?
            .execute((stream.stream_type(), stream.id()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::schema;

    #[test]
    fn streams_are_read_in_the_order_of_their_table() {
        let conn = schema::in_memory();
        for columns in [Columns::Filter, Columns::Event] {
            for direction in [Direction::Forward, Direction::Backward] {
                for tier in Tier::in_order(direction) {
                    let plan = schema::plan(&conn, walk_sql(columns, direction, tier));
                    let seek = "SEARCH s USING PRIMARY KEY (stream_type=? AND stream_id=? AND version>? AND version<?)";
                    assert_eq!(plan, [seek, "SEARCH e USING INTEGER PRIMARY KEY (rowid=?)"]);
                }
            }
        }
    }
}
