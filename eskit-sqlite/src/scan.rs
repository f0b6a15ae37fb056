use eskit_runtime::{Direction, QueryItem};
use rusqlite::{Connection, Row};

use crate::error::Fault;
use crate::names::{self, NameKind, PendingNames};
use crate::range::Range;
use crate::row::{self, event_columns, filter_columns};
use crate::stream::Columns;

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

/// The items that no id, stream or tag narrows: one walk over the log serves them all.
#[derive(Default)]
pub(crate) struct Scan<'q> {
    items: Vec<&'q QueryItem>,
    /// Whether every event matches.
    pub(crate) is_all: bool,
    /// No match lies behind this position.
    bound: i64,
}

impl<'q> Scan<'q> {
    /// Adds an item, unless no event of the log has its names.
    pub(crate) fn add(
        &mut self,
        conn: &Connection,
        pending: Option<&PendingNames>,
        item: &'q QueryItem,
    ) -> Result<(), Fault> {
        let mut bound = i64::MAX;
        if !item.types.is_empty() {
            let mut last = 0;
            for name in &item.types {
                last = last.max(names::last(conn, pending, NameKind::Type, name)?);
            }
            bound = last;
        }
        if let Some(stream_type) = &item.stream_type {
            bound = bound.min(names::last(conn, pending, NameKind::StreamType, stream_type)?);
        }
        if bound > 0 {
            self.is_all |= bound == i64::MAX;
            self.bound = self.bound.max(bound);
            self.items.push(item);
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
        let until = range.until.min(self.bound);
        if range.after >= until {
            return Ok(());
        }
        let sql = match (columns, range.direction) {
            (Columns::Filter, Direction::Forward) => scan_sql!(filter_columns!(), "ASC"),
            (Columns::Filter, Direction::Backward) => scan_sql!(filter_columns!(), "DESC"),
            (Columns::Event, Direction::Forward) => scan_sql!(event_columns!(), "ASC"),
            (Columns::Event, Direction::Backward) => scan_sql!(event_columns!(), "DESC"),
        };
        let mut statement = conn.prepare_cached(sql)?;
        let mut rows = statement.query((range.after, until))?;
        while let Some(row) = rows.next()? {
            if self.matches(row)? && !each(row)? {
                break;
            }
        }
        Ok(())
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
