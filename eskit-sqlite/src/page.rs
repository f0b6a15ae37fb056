use eskit_runtime::{Interner, Page, Query, ReadOptions, RecordedEvent};
use rusqlite::{Connection, Row};

use crate::error::Fault;
use crate::range::Range;
use crate::row::{self, event_columns};
use crate::select::{self, Source};
use crate::snapshot;
use crate::stream::{self, Columns};

/// Reads one page.
pub(crate) fn read(
    conn: &Connection,
    names: &mut Interner,
    query: &Query,
    options: &ReadOptions,
) -> Result<Page, Fault> {
    let range = Range::of(options);
    if range.is_empty() || query.items().is_empty() {
        return Ok(Page::default());
    }
    // An event could appear without an earlier one otherwise.
    snapshot::within(conn, || read_in_snapshot(conn, names, query, range, options.page_len()))
}

fn read_in_snapshot(
    conn: &Connection,
    names: &mut Interner,
    query: &Query,
    range: Range,
    page_len: usize,
) -> Result<Page, Fault> {
    let sources = select::sources(conn, None, query, range)?;
    let mut page = Collector { events: Vec::new(), names, page_len, more: false };
    match sources.as_slice() {
        [] => {}
        [Source::Stream(stream, item)] => {
            stream::walk(conn, (stream, item), range, Columns::Event, |row| page.add(row))?;
        }
        [Source::Scan(scan)] => scan.walk(conn, range, Columns::Event, |row| page.add(row))?,
        sources => {
            let positions = select::merge(conn, sources, range, page_len + 1)?;
            let mut statement =
                conn.prepare_cached(concat!("SELECT ", event_columns!(), " FROM events e WHERE e.pos = ?1"))?;
            for at in positions {
                let mut rows = statement.query([at])?;
                match rows.next()? {
                    Some(row) => page.add(row)?,
                    None => return Err(Fault::Damaged(format!("the event at position {at} is missing"))),
                };
            }
        }
    }
    Ok(Page::new(page.events, page.more))
}

struct Collector<'n> {
    events: Vec<RecordedEvent>,
    names: &'n mut Interner,
    page_len: usize,
    more: bool,
}

impl Collector<'_> {
    /// Takes an event in; notes instead that there are more when the page is full. Returns whether to go on.
    fn add(&mut self, row: &Row<'_>) -> Result<bool, Fault> {
        self.more = self.events.len() == self.page_len;
        if !self.more {
            self.events.push(row::event(row, self.names)?);
        }
        Ok(!self.more)
    }
}
