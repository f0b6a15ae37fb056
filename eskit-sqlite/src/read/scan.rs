use eskit_runtime::log::{Direction, Query, QueryItem};
use rusqlite::{Connection, OptionalExtension, Row};

use crate::error::Fault;
use crate::file::row::{self, event_columns, filter_columns};
use crate::read::range::Range;
use crate::read::stream::Columns;

macro_rules! scan_sql {
    ($columns:expr, $order:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM events e WHERE e.pos > ?1 AND e.pos <= ?2 AND e.type <> '' ORDER BY e.pos ",
            $order
        )
    };
}

/// Events that a walk passes over before it gives up, and how many more for each that it finds.
const SPARSE_MIN: usize = 64;
const SPARSE_FACTOR: usize = 4;

/// The items that no id, stream, tag or type narrows: one walk over the log serves them all.
#[derive(Default)]
pub(crate) struct Scan<'q> {
    items: Vec<&'q QueryItem>,
    /// Whether every event matches.
    pub(crate) is_all: bool,
    /// No match lies after this position and before the recent ones.
    bound: i64,
    /// Where the recent ones begin.
    settled: i64,
}

impl<'q> Scan<'q> {
    /// Adds an item.
    pub(crate) fn add(&mut self, conn: &Connection, item: &'q QueryItem) -> Result<(), Fault> {
        self.items.push(item);
        match &item.stream_type {
            Some(stream_type) => {
                self.bound = self.bound.max(last_settled(conn, stream_type)?);
                self.settled = conn.prepare_cached("SELECT pos FROM settled")?.query_row([], |row| row.get(0))?;
            }
            None => self.is_all = true,
        }
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Calls `each` with the matching events of a range, until it returns `false`.
    pub(crate) fn walk(
        &self,
        conn: &Connection,
        range: Range,
        columns: Columns,
        mut each: impl FnMut(&Row<'_>) -> Result<bool, Fault>,
    ) -> Result<(), Fault> {
        let mut goes_on = true;
        for part in self.parts(range) {
            if goes_on {
                walk(conn, part, columns, |row| {
                    goes_on = !self.matches(row)? || each(row)?;
                    Ok(goes_on)
                })?;
            }
        }
        Ok(())
    }

    /// The parts of a range in which there may be matches, in its direction.
    fn parts(&self, range: Range) -> [Range; 2] {
        let empty = Range { until: range.after, ..range };
        if self.is_all || self.bound >= self.settled {
            return [range, empty];
        }
        let settled = Range { until: range.until.min(self.bound), ..range };
        let recent = Range { after: range.after.max(self.settled), ..range };
        match range.direction {
            Direction::Forward => [settled, recent],
            Direction::Backward => [recent, settled],
        }
    }

    fn matches(&self, row: &Row<'_>) -> Result<bool, Fault> {
        if self.is_all {
            return Ok(true);
        }
        for item in &self.items {
            if row::matches(item, row)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Calls `each` with the events of a range, deleted ones aside, until it returns `false`.
fn walk(
    conn: &Connection,
    range: Range,
    columns: Columns,
    mut each: impl FnMut(&Row<'_>) -> Result<bool, Fault>,
) -> Result<(), Fault> {
    if range.after >= range.until {
        return Ok(());
    }
    let sql = match (columns, range.direction) {
        (Columns::Filter, Direction::Forward) => scan_sql!(filter_columns!(), "ASC"),
        (Columns::Filter, Direction::Backward) => scan_sql!(filter_columns!(), "DESC"),
        (Columns::Event, Direction::Forward) => scan_sql!(event_columns!(), "ASC"),
        (Columns::Event, Direction::Backward) => scan_sql!(event_columns!(), "DESC"),
    };
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query((range.after, range.until))?;
    while let Some(row) = rows.next()? {
        if !each(row)? {
            break;
        }
    }
    Ok(())
}

/// Walks over the events of a range as long as many of them match, which is faster than to look each one up. Returns what is left
/// of the range when too few do.
pub(crate) fn walk_dense(
    conn: &Connection,
    query: &Query,
    range: Range,
    mut each: impl FnMut(&Row<'_>) -> Result<bool, Fault>,
) -> Result<Option<Range>, Fault> {
    let (mut seen, mut found) = (0, 0);
    let mut rest = None;
    walk(conn, range, Columns::Event, |row| {
        let envelope = row::envelope(row)?;
        if query.items().iter().any(|item| envelope.matches(item)) {
            found += 1;
            if !each(row)? {
                return Ok(false);
            }
        }
        seen += 1;
        let is_dense = seen < SPARSE_MIN + SPARSE_FACTOR * found;
        if !is_dense {
            rest = Some(range.following(row.get(0)?));
        }
        Ok(is_dense)
    })?;
    Ok(rest)
}

/// The position of the last settled event in streams of this type; 0 when there is none.
fn last_settled(conn: &Connection, stream_type: &str) -> Result<i64, Fault> {
    let mut statement = conn.prepare_cached("SELECT last FROM stream_types WHERE name = ?1")?;
    Ok(statement.query_row([stream_type], |row| row.get(0)).optional()?.unwrap_or_default())
}

/// Notes the last events of each type of stream after a position.
pub(crate) fn note_stream_types(conn: &Connection, after: i64) -> Result<(), Fault> {
    let sql = "INSERT INTO stream_types SELECT stream_type, max(pos) FROM events WHERE pos > ?1 AND stream_type IS NOT NULL \
               GROUP BY stream_type ON CONFLICT (name) DO UPDATE SET last = excluded.last";
    conn.prepare_cached(sql)?.execute([after])?;
    Ok(())
}
