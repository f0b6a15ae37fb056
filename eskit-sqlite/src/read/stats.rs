use eskit_runtime::log::{LogStats, Position, TypeStats, WireName};
use rusqlite::{Connection, OptionalExtension, Row};

use crate::error::Fault;
use crate::file::place;
use crate::file::row::position;

/// The next type of event, by its entries for the empty tag.
macro_rules! next_type {
    ($table:literal) => {
        concat!("SELECT type FROM ", $table, " WHERE tag = '' AND type > ?1 ORDER BY type LIMIT 1")
    };
}
/// The position of an event of a type: the first or the last one.
macro_rules! position_of {
    ($table:literal, $order:literal) => {
        concat!("SELECT pos FROM ", $table, " WHERE tag = '' AND type = ?1 ORDER BY pos ", $order, " LIMIT 1")
    };
}
/// The next type of stream.
macro_rules! next_stream_type {
    ($table:literal, $column:literal) => {
        concat!("SELECT ", $column, " FROM ", $table, " WHERE ", $column, " > ?1 ORDER BY ", $column, " LIMIT 1")
    };
}

const NEXT_TYPE: [&str; 2] = [next_type!("tags"), next_type!("tags_recent")];
/// Recent entries come after the settled ones.
const FIRST: [&str; 2] = [position_of!("tags", "ASC"), position_of!("tags_recent", "ASC")];
const LAST: [&str; 2] = [position_of!("tags_recent", "DESC"), position_of!("tags", "DESC")];
const NEXT_STREAM_TYPE: [&str; 3] = [
    next_stream_type!("streams", "stream_type"),
    next_stream_type!("streams_recent", "stream_type"),
    next_stream_type!("closed_streams", "stream_type"),
];
/// Streams that are not open, by status. The version of a deleted stream is the number of its events.
const CLOSED: &str = "SELECT status, count(*), sum(version) FROM closed_streams GROUP BY status";

/// What the log holds: a few seeks for each type. Its statements must see one state of the log.
pub(crate) fn stats(conn: &Connection) -> Result<LogStats, Fault> {
    let mut stats = LogStats::default();
    stats.head = place::head(conn)?;
    for name in names(conn, &NEXT_TYPE)? {
        let (first, last) = (first_of(conn, &FIRST, &name)?, first_of(conn, &LAST, &name)?);
        stats.event_types.extend(first.zip(last).map(|(first, last)| TypeStats::new(name, first, last)));
    }
    stats.stream_types = names(conn, &NEXT_STREAM_TYPE)?.into_iter().map(WireName::from).collect();
    count_closed(conn, &mut stats)?;
    stats.size_bytes = Some(size_bytes(conn)?);
    Ok(stats)
}

/// All names, each by one seek in each table.
fn names(conn: &Connection, next: &[&str]) -> Result<Vec<String>, Fault> {
    let mut names: Vec<String> = Vec::new();
    loop {
        // No name is empty.
        let after = names.last().map_or("", String::as_str);
        let mut first: Option<String> = None;
        for sql in next {
            let found: Option<String> = conn.prepare_cached(sql)?.query_row([after], |row| row.get(0)).optional()?;
            first = [first, found].into_iter().flatten().min();
        }
        match first {
            Some(name) => names.push(name),
            None => return Ok(names),
        }
    }
}

/// What the first of some statements finds.
fn first_of(conn: &Connection, statements: &[&str], name: &str) -> Result<Option<Position>, Fault> {
    for sql in statements {
        let found = conn.prepare_cached(sql)?.query_row([name], |row| row.get(0).map(position)).optional()?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

fn count_closed(conn: &Connection, stats: &mut LogStats) -> Result<(), Fault> {
    let mut statement = conn.prepare_cached(CLOSED)?;
    let counted = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?));
    for row in statement.query_map([], counted)? {
        let (status, streams, events) = row?;
        let streams = streams.unsigned_abs();
        match status {
            1 => stats.archived_streams = streams,
            2 => stats.tombstoned_streams = streams,
            3 => (stats.deleted_streams, stats.deleted_events) = (streams, events.unsigned_abs()),
            _ => return Err(Fault::Damaged(format!("a stream has the unknown status {status}"))),
        }
    }
    Ok(())
}

fn size_bytes(conn: &Connection) -> Result<u64, Fault> {
    let sql = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
    Ok(conn.prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0))?.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::schema;

    #[test]
    fn each_name_is_one_seek() {
        let conn = schema::in_memory();
        let entries = NEXT_TYPE.iter().chain(&FIRST).chain(&LAST);
        for sql in entries.chain(&NEXT_STREAM_TYPE) {
            let plan = schema::plan(&conn, sql);
            let is_seek = |step: &String| step.starts_with("SEARCH ") && step.contains("USING PRIMARY KEY (");
            assert!(plan.len() == 1 && plan.iter().all(is_seek), "{sql}: {plan:?}");
        }
    }
}
