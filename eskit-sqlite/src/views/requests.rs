use eskit_runtime::Timestamp;
use eskit_runtime::subscription::{Asked, Ended, Request};
use rusqlite::{Connection, OptionalExtension as _, Row};

use crate::error::Fault;
use crate::views::open;

const TABLE: &str = include_str!("../../migrations/views_requests.sql");
const COLUMNS: &str = "name, version, number, asked, argument, asked_at, paused_at, ended_at, is_done, text";

/// What was asked last of each subscription.
pub(super) fn all(conn: &Connection) -> Result<Vec<Request>, Fault> {
    if !has_table(conn)? {
        return Ok(Vec::new());
    }
    let mut statement = conn.prepare_cached(&format!("SELECT {COLUMNS} FROM eskit_requests ORDER BY name, version"))?;
    let found = statement.query_map([], request)?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// Asks something of a version of a subscription, on a connection to the catalogue.
pub(super) fn ask(conn: &Connection, name: &str, version: u32, asked: &Asked) -> Result<Request, Fault> {
    open::transact(conn, || {
        conn.execute_batch(TABLE)?;
        let sql = format!("SELECT {COLUMNS} FROM eskit_requests WHERE name = ?1 AND version = ?2");
        let before = conn.query_row(&sql, (name, version), request).optional()?;
        let next = Request::next(name, version, asked.clone(), before.as_ref());
        conn.execute(
            "INSERT OR REPLACE INTO eskit_requests (name, version, number, asked, argument, asked_at, paused_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            (
                name,
                version,
                i64::try_from(next.number).unwrap_or(i64::MAX),
                asked.name(),
                asked.argument(),
                next.asked_at.as_micros(),
                next.paused_at.map(Timestamp::as_micros),
            ),
        )?;
        Ok(next)
    })
}

/// Stores what came of a request, unless another one was made since. Returns whether it did.
pub(super) fn end(conn: &Connection, request: &Request, ended: &Ended) -> Result<bool, Fault> {
    open::transact(conn, || {
        if !has_table(conn)? {
            return Ok(false);
        }
        let changed = conn.execute(
            "UPDATE eskit_requests SET ended_at = ?4, is_done = ?5, text = ?6 \
             WHERE name = ?1 AND version = ?2 AND number = ?3 AND ended_at IS NULL",
            (
                &request.name,
                request.version,
                i64::try_from(request.number).unwrap_or(i64::MAX),
                ended.at.as_micros(),
                ended.is_done,
                &ended.text,
            ),
        )?;
        Ok(changed > 0)
    })
}

/// Forgets what was asked of a version that is removed.
pub(super) fn forget(conn: &Connection, name: &str, version: u32) -> Result<(), Fault> {
    if has_table(conn)? {
        conn.execute("DELETE FROM eskit_requests WHERE name = ?1 AND version = ?2", (name, version))?;
    }
    Ok(())
}

fn has_table(conn: &Connection) -> Result<bool, Fault> {
    let mut statement =
        conn.prepare_cached("SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'eskit_requests')")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

fn request(row: &Row<'_>) -> rusqlite::Result<Request> {
    let (name, asked): (String, String) = (row.get(0)?, row.get(3)?);
    let mut request = Request::stored(&name, row.get(1)?, row.get::<_, i64>(2)?.unsigned_abs(), &asked, row.get(4)?);
    request.asked_at = Timestamp::from_micros(row.get(5)?);
    request.paused_at = row.get::<_, Option<i64>>(6)?.map(Timestamp::from_micros);
    if let (Some(at), Some(is_done)) = (row.get::<_, Option<i64>>(7)?, row.get::<_, Option<bool>>(8)?) {
        let text = row.get::<_, Option<String>>(9)?.unwrap_or_default();
        let mut ended = Ended::now(if is_done { Ok(text) } else { Err(text) });
        ended.at = Timestamp::from_micros(at);
        request.ended = Some(ended);
    }
    Ok(request)
}
