//! The statements on the file of keys.

use eskit_runtime::log::{LogId, Place, StoreErrorKind, Subject};
use eskit_runtime::vault::{KEYS_PER_PAGE, KeyId, StoredKey, WrappedKey};
use rusqlite::{Connection, OptionalExtension as _, Params, Row};

use crate::error::Fault;
use crate::file::busy;
use crate::views::open::{self, BUSY_TIMEOUT};

const COLUMNS: &str = "SELECT id, log, kind, subject, master, wrapped FROM keys";

fn stored(row: &Row<'_>) -> rusqlite::Result<StoredKey> {
    let wrapped = match (row.get(4)?, row.get(5)?) {
        (Some(master), Some(bytes)) => Some(WrappedKey { master, bytes }),
        _ => None,
    };
    Ok(StoredKey {
        id: KeyId::from_bytes(row.get(0)?),
        log: LogId::from_bytes(row.get(1)?),
        subject: Subject::new(row.get::<_, String>(2)?, row.get::<_, String>(3)?),
        wrapped,
    })
}

fn select(conn: &Connection, which: &str, values: impl Params) -> rusqlite::Result<Vec<StoredKey>> {
    let mut statement = conn.prepare_cached(&format!("{COLUMNS} {which}"))?;
    statement.query_map(values, stored)?.collect()
}

pub(super) fn get_or_insert(conn: &Connection, keys: Vec<StoredKey>) -> Result<Vec<StoredKey>, Fault> {
    open::transact(conn, || {
        let mut kept = Vec::with_capacity(keys.len());
        for key in keys {
            let values = (key.log.as_bytes(), &*key.subject.kind, &key.subject.id);
            let its = "WHERE log = ?1 AND kind = ?2 AND subject = ?3 AND wrapped IS NOT NULL";
            match select(conn, its, values)?.pop() {
                Some(its) => kept.push(its),
                None => {
                    insert(conn, &key)?;
                    kept.push(key);
                }
            }
        }
        Ok(kept)
    })
}

fn insert(conn: &Connection, key: &StoredKey) -> rusqlite::Result<usize> {
    let StoredKey { id, log, subject, wrapped } = key;
    let sql = "INSERT INTO keys (id, log, kind, subject, master, wrapped) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (id) DO NOTHING";
    let (master, bytes) = wrapped.as_ref().map(|wrapped| (&wrapped.master, &wrapped.bytes)).unzip();
    conn.prepare_cached(sql)?.execute((id.as_bytes(), log.as_bytes(), &*subject.kind, &subject.id, master, bytes))
}

pub(super) fn get(conn: &Connection, ids: &[KeyId]) -> Result<Vec<StoredKey>, Fault> {
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        found.extend(select(conn, "WHERE id = ?1", [id.as_bytes()])?);
    }
    Ok(found)
}

pub(super) fn of_subject(conn: &Connection, log: LogId, subject: &Subject) -> Result<Vec<StoredKey>, Fault> {
    let values = (log.as_bytes(), &*subject.kind, &subject.id);
    Ok(select(conn, "WHERE log = ?1 AND kind = ?2 AND subject = ?3 ORDER BY id", values)?)
}

pub(super) fn destroy(conn: &Connection, keys: &[StoredKey]) -> Result<u64, Fault> {
    open::transact(conn, || {
        let mut count = 0;
        for key in keys {
            let sql = "UPDATE keys SET master = NULL, wrapped = NULL WHERE id = ?1 AND wrapped IS NOT NULL";
            count += conn.prepare_cached(sql)?.execute([key.id.as_bytes()])?;
            count += insert(conn, &StoredKey { wrapped: None, ..key.clone() })?;
        }
        let count = count as u64;
        conn.prepare_cached("UPDATE destroyed SET keys = keys + ?1")?.execute([count.cast_signed()])?;
        Ok(count)
    })
}

/// Empties the write-ahead log, which still holds pages as they were.
pub(super) fn empty_wal(conn: &Connection) -> Result<(), Fault> {
    busy::begin(BUSY_TIMEOUT, || {
        let is_busy: bool = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if is_busy {
            Err(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY), None))
        } else {
            Ok(())
        }
    })
}

pub(super) fn destroyed(conn: &Connection) -> Result<u64, Fault> {
    let count: i64 = conn.prepare_cached("SELECT keys FROM destroyed")?.query_row([], |row| row.get(0))?;
    Ok(count.cast_unsigned())
}

pub(super) fn page(conn: &Connection, after: Option<KeyId>) -> Result<Vec<StoredKey>, Fault> {
    let rest = "WHERE wrapped IS NOT NULL AND id > ?1 ORDER BY id LIMIT ?2";
    // Every id is longer than none.
    let after = after.as_ref().map_or(&[][..], |after| after.as_bytes());
    Ok(select(conn, rest, (after, KEYS_PER_PAGE.cast_signed()))?)
}

pub(super) fn rewrap(conn: &Connection, id: KeyId, from: &WrappedKey, to: &WrappedKey) -> Result<bool, Fault> {
    open::transact(conn, || {
        let sql = "UPDATE keys SET master = ?2, wrapped = ?3 WHERE id = ?1 AND master = ?4 AND wrapped = ?5";
        let values = (id.as_bytes(), &to.master, &to.bytes, &from.master, &from.bytes);
        Ok(conn.prepare_cached(sql)?.execute(values)? == 1)
    })
}

pub(super) fn searched(conn: &Connection, log: LogId, by: &str) -> Result<Place, Fault> {
    let mut statement = conn.prepare_cached("SELECT place FROM searched WHERE log = ?1 AND reader = ?2")?;
    let place: Option<String> = statement.query_row((log.as_bytes(), by), |row| row.get(0)).optional()?;
    match place {
        None => Ok(Place::START),
        Some(place) => {
            place.parse().map_err(|_| Fault::Failed(StoreErrorKind::Corrupt, format!("`{place}` is no place")))
        }
    }
}

pub(super) fn set_searched(conn: &Connection, log: LogId, by: &str, place: Place) -> Result<(), Fault> {
    open::transact(conn, || {
        let sql = "INSERT INTO searched (log, reader, place) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET place = excluded.place";
        conn.prepare_cached(sql)?.execute((log.as_bytes(), by, place.to_string()))?;
        Ok(())
    })
}
