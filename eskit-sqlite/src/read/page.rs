use eskit_runtime::RecordedEvent;
use eskit_runtime::log::limits::PAGE_BYTES;
use eskit_runtime::log::{Page, Query, ReadOptions};
use eskit_runtime::store_kit::Interner;
use rusqlite::{Connection, Row};

use crate::error::Fault;
use crate::file::place;
use crate::file::row::{self, event_columns};
use crate::file::snapshot;
use crate::read::range::Range;
use crate::read::scan;
use crate::read::select::{self, Source};
use crate::read::stream::{self, Columns};

/// Reads one page.
pub(crate) fn read(
    conn: &Connection,
    names: &mut Interner,
    query: &Query,
    options: &ReadOptions,
) -> Result<Page, Fault> {
    // An event could appear without an earlier one otherwise.
    snapshot::within(conn, || {
        let head = place::head_behind(conn, options.holds)?;
        let range = Range::of(options);
        if range.is_empty() || query.items().is_empty() {
            return Ok(Page::new(Vec::new(), false, head));
        }
        let Collector { events, more, .. } = read_in_snapshot(conn, names, query, range, options.page_len())?;
        Ok(Page::new(events, more, head))
    })
}

/// Reads all events of a range, however large, within a transaction.
pub(crate) fn read_all(
    conn: &Connection,
    names: &mut Interner,
    query: &Query,
    options: ReadOptions,
) -> Result<Vec<RecordedEvent>, Fault> {
    let (mut range, mut found) = (Range::of(&options), Vec::new());
    loop {
        let Collector { events, more, .. } = read_in_snapshot(conn, names, query, range, options.page_len())?;
        found.extend(events);
        match found.last() {
            Some(last) if more => range = range.following(row::column(last.position)),
            _ => return Ok(found),
        }
    }
}

/// Reads up to so many events of a range, within a transaction. Returns whether there are more.
pub(crate) fn read_some(
    conn: &Connection,
    names: &mut Interner,
    query: &Query,
    options: &ReadOptions,
) -> Result<(Vec<RecordedEvent>, bool), Fault> {
    let page = read_in_snapshot(conn, names, query, Range::of(options), options.page_len())?;
    Ok((page.events, page.more))
}

fn read_in_snapshot<'n>(
    conn: &Connection,
    names: &'n mut Interner,
    query: &Query,
    range: Range,
    page_len: usize,
) -> Result<Collector<'n>, Fault> {
    let sources = if range.is_empty() { Vec::new() } else { select::sources(conn, query, range)? };
    let mut page = Collector { events: Vec::new(), names, page_len, bytes: 0, more: false };
    match sources.as_slice() {
        [] => {}
        [Source::Stream(stream, item)] => {
            stream::walk(conn, (stream, item), range, Columns::Event, |row| page.add(row))?;
        }
        [Source::Scan(scan)] => scan.walk(conn, range, Columns::Event, |row| page.add(row))?,
        sources => {
            let mut range = range;
            if select::is_wide(query) {
                match scan::walk_dense(conn, query, range, |row| page.add(row))? {
                    Some(rest) => range = rest,
                    None => return Ok(page),
                }
            }
            let page_len = page_len - page.events.len();
            let positions = select::merge(conn, sources, range, page_len + 1)?;
            let mut statement =
                conn.prepare_cached(concat!("SELECT ", event_columns!(), " FROM events e WHERE e.pos = ?1"))?;
            for at in positions {
                let mut rows = statement.query([at])?;
                let Some(row) = rows.next()? else {
                    return Err(Fault::Damaged(format!("the event at position {at} is missing")));
                };
                if !page.add(row)? {
                    break;
                }
            }
        }
    }
    Ok(page)
}

struct Collector<'n> {
    events: Vec<RecordedEvent>,
    names: &'n mut Interner,
    page_len: usize,
    bytes: usize,
    more: bool,
}

impl Collector<'_> {
    /// Takes an event in; notes instead that there are more when the page is full. Returns whether to go on.
    fn add(&mut self, row: &Row<'_>) -> Result<bool, Fault> {
        self.more = self.events.len() == self.page_len || self.bytes >= PAGE_BYTES;
        if !self.more {
            let event = row::event(row, self.names)?;
            self.bytes += event.size_bytes();
            self.events.push(event);
        }
        Ok(!self.more)
    }
}
