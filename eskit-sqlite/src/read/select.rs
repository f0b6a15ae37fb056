use std::collections::{BinaryHeap, VecDeque};

use eskit_runtime::log::{Direction, EventId, Query, QueryItem, StreamId};
use rusqlite::{Connection, Row};

use crate::error::Fault;
use crate::file::row;
use crate::read::range::Range;
use crate::read::scan::Scan;
use crate::read::stream::{self, Columns};
use crate::read::tagged::{self, Tagged};

/// Positions that one step of a merge fetches from a source at least.
const CHUNK_MIN: usize = 16;

/// One ordered source of matching events. A query is the union of its sources.
pub(crate) enum Source<'q> {
    /// The events of one wire name, or those of them that carry some tags.
    Tagged(Tagged<'q>),
    /// The events of one stream that match the rest of the item.
    Stream(&'q StreamId, &'q QueryItem),
    /// What nothing narrows.
    Scan(Scan<'q>),
    /// Events that were looked up by id, in ascending order.
    Listed(Vec<i64>),
}

/// The sources of a query, each item by its narrowest part: ids, then the stream, then tags, then types.
pub(crate) fn sources<'q>(conn: &Connection, query: &'q Query, range: Range) -> Result<Vec<Source<'q>>, Fault> {
    let mut sources = Vec::with_capacity(query.items().len());
    let mut scan = Scan::default();
    let mut listed = Vec::new();
    for item in query.items() {
        if !item.ids.is_empty() {
            for id in &item.ids {
                listed.extend(position_of(conn, item, *id, range.versions)?);
            }
        } else if let Some(stream) = &item.stream {
            sources.push(Source::Stream(stream, item));
        } else if !item.tags.is_empty() || !item.types.is_empty() {
            sources.extend(tagged::split(conn, item, range)?.into_iter().map(Source::Tagged));
        } else {
            scan.add(conn, item)?;
        }
    }
    if scan.is_all {
        return Ok(vec![Source::Scan(scan)]);
    }
    if !scan.is_empty() {
        sources.push(Source::Scan(scan));
    }
    if !listed.is_empty() {
        listed.sort_unstable();
        listed.dedup();
        sources.push(Source::Listed(listed));
    }
    Ok(sources)
}

/// Whether a query narrows events by nothing but their types and the types of their streams.
pub(crate) fn is_wide(query: &Query) -> bool {
    query.items().iter().all(|item| item.ids.is_empty() && item.stream.is_none() && item.tags.is_empty())
}

/// The position of the event with this id, if it matches the item and is none of a stream's other versions.
fn position_of(
    conn: &Connection,
    item: &QueryItem,
    id: EventId,
    (first, last): (i64, i64),
) -> Result<Option<i64>, Fault> {
    let sql = concat!(
        "SELECT ",
        row::filter_columns!(),
        " FROM events e WHERE e.id = ?1 AND e.type <> '' AND ifnull(e.version BETWEEN ?2 AND ?3, true)"
    );
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query((id.as_bytes().as_slice(), first, last))?;
    match rows.next()? {
        Some(found) if row::matches(item, found)? => Ok(Some(found.get(0)?)),
        _ => Ok(None),
    }
}

impl Source<'_> {
    /// Adds at most `want` positions of a range to `out`, in the direction of the range; fewer only at its end.
    fn positions(&self, conn: &Connection, range: Range, want: usize, out: &mut Vec<i64>) -> Result<(), Fault> {
        let mut each = |row: &Row<'_>| -> Result<bool, Fault> {
            out.push(row.get(0)?);
            Ok(out.len() < want)
        };
        match self {
            Source::Tagged(tagged) => tagged.positions(conn, range, want, out),
            Source::Stream(stream, item) => stream::walk(conn, (stream, item), range, Columns::Filter, each),
            Source::Scan(scan) => scan.walk(conn, range, Columns::Filter, &mut each),
            Source::Listed(all) => {
                let inside = all.iter().copied().filter(|at| range.contains(*at));
                match range.direction {
                    Direction::Forward => out.extend(inside.take(want)),
                    Direction::Backward => out.extend(inside.rev().take(want)),
                }
                Ok(())
            }
        }
    }
}

/// The newest position in a range that matches a query; the range must run backward.
pub(crate) fn newest(conn: &Connection, query: &Query, mut range: Range) -> Result<Option<i64>, Fault> {
    if range.is_empty() {
        return Ok(None);
    }
    let mut newest = None;
    let mut found = Vec::with_capacity(1);
    for source in sources(conn, query, range)? {
        if range.is_empty() {
            break;
        }
        found.clear();
        source.positions(conn, range, 1, &mut found)?;
        if let Some(at) = found.first() {
            newest = Some(*at);
            range.after = *at;
        }
    }
    Ok(newest)
}

/// The first `limit` positions of a range that match, in its direction, each once.
pub(crate) fn merge(conn: &Connection, sources: &[Source<'_>], range: Range, limit: usize) -> Result<Vec<i64>, Fault> {
    let mut merged = Vec::new();
    if let [source] = sources {
        source.positions(conn, range, limit, &mut merged)?;
        return Ok(merged);
    }
    let chunk = (limit / sources.len().max(1)).max(CHUNK_MIN).min(limit);
    let mut cursors: Vec<Cursor<'_, '_>> = sources.iter().map(|source| Cursor::new(source, range, chunk)).collect();
    let mut heap = BinaryHeap::with_capacity(cursors.len());
    for (index, cursor) in cursors.iter_mut().enumerate() {
        if let Some(at) = cursor.next(conn)? {
            heap.push((rank(range.direction, at), index));
        }
    }
    while merged.len() < limit
        && let Some((ranked, index)) = heap.pop()
    {
        let at = rank(range.direction, ranked);
        if merged.last() != Some(&at) {
            merged.push(at);
        }
        if let Some(at) = cursors[index].next(conn)? {
            heap.push((rank(range.direction, at), index));
        }
    }
    Ok(merged)
}

/// What makes the next position of a direction the greatest; undoes itself.
fn rank(direction: Direction, at: i64) -> i64 {
    match direction {
        Direction::Forward => -at,
        Direction::Backward => at,
    }
}

/// A source that is read in chunks.
struct Cursor<'s, 'q> {
    source: &'s Source<'q>,
    rest: Range,
    chunk: usize,
    fetched: VecDeque<i64>,
    is_last: bool,
}

impl<'s, 'q> Cursor<'s, 'q> {
    fn new(source: &'s Source<'q>, range: Range, chunk: usize) -> Cursor<'s, 'q> {
        Cursor { source, rest: range, chunk, fetched: VecDeque::new(), is_last: false }
    }

    fn next(&mut self, conn: &Connection) -> Result<Option<i64>, Fault> {
        if self.fetched.is_empty() && !self.is_last && !self.rest.is_empty() {
            let mut fetched = Vec::with_capacity(self.chunk);
            self.source.positions(conn, self.rest, self.chunk, &mut fetched)?;
            self.is_last = fetched.len() < self.chunk;
            if let Some(last) = fetched.last() {
                self.rest = self.rest.following(*last);
            }
            self.fetched = fetched.into();
        }
        Ok(self.fetched.pop_front())
    }
}
