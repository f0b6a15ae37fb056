use eskit_runtime::log::{ListStreams, ListedStream, StreamId, StreamPage};
use rusqlite::{Connection, OptionalExtension};

use crate::error::Fault;
use crate::read::stream_info::info;

/// The first stream of a type after an id.
macro_rules! next_sql {
    ($table:literal) => {
        concat!(
            "SELECT stream_id FROM ",
            $table,
            " WHERE stream_type = ?1 AND stream_id > ?2 ORDER BY stream_id LIMIT 1"
        )
    };
}

/// Finds the next stream by its events, settled or recent, or where only its name is left.
const NEXT: [&str; 3] = [next_sql!("streams"), next_sql!("streams_recent"), next_sql!("closed_streams")];

/// The streams of a type after an id, by a few seeks for each. Its statements must see one state of the log.
pub(crate) fn list(conn: &Connection, list: &ListStreams) -> Result<StreamPage, Fault> {
    let mut page = StreamPage::default();
    // No stream has an empty id.
    let mut after = list.after.as_deref().unwrap_or_default().to_owned();
    while let Some(id) = next(conn, &list.stream_type, &after)? {
        if page.streams.len() == list.page_limit() {
            page.more = true;
            break;
        }
        let stream = StreamId::new(list.stream_type.clone(), id.as_str());
        let info = info(conn, &stream)?;
        page.streams.push(ListedStream::new(stream, info));
        after = id;
    }
    Ok(page)
}

fn next(conn: &Connection, stream_type: &str, after: &str) -> Result<Option<String>, Fault> {
    let mut first: Option<String> = None;
    for sql in NEXT {
        let found: Option<String> =
            conn.prepare_cached(sql)?.query_row((stream_type, after), |row| row.get(0)).optional()?;
        first = match (first, found) {
            (Some(first), Some(found)) => Some(first.min(found)),
            (first, found) => first.or(found),
        };
    }
    Ok(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::schema;

    #[test]
    fn the_next_stream_is_one_seek() {
        let conn = schema::in_memory();
        for (sql, table) in NEXT.iter().zip(["streams", "streams_recent", "closed_streams"]) {
            let seek = format!("SEARCH {table} USING PRIMARY KEY (stream_type=? AND stream_id>?)");
            assert_eq!(schema::plan(&conn, sql), [seek]);
        }
    }
}
