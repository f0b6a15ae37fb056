//! Snapshots of aggregates, in a file of their own: nothing but speed depends on it.

use eskit_runtime::Timestamp;
use eskit_runtime::log::{EventId, LogId, Place};
use eskit_runtime::snapshots::{Fingerprint, RemoveSnapshots, SnapshotCount, SnapshotsOf, StoredSnapshot};
use rusqlite::{Connection, OptionalExtension as _, Row};

use crate::error::Fault;
use crate::file::row::{column, position};
use crate::views::open;

/// The snapshots with these keys.
pub(super) fn find(conn: &Connection, of: &SnapshotsOf, keys: &[String]) -> rusqlite::Result<Vec<StoredSnapshot>> {
    let mut statement = conn.prepare_cached(
        "SELECT key, pos, id, version, state, written_at FROM eskit_snapshots \
         WHERE log = ?1 AND name = ?2 AND key = ?3 AND fingerprint = ?4",
    )?;
    let mut found = Vec::with_capacity(keys.len());
    for key in keys {
        let values = (of.log.as_bytes(), of.name, key, of.fingerprint.get().cast_signed());
        found.extend(statement.query_row(values, stored).optional()?);
    }
    Ok(found)
}

fn stored(row: &Row<'_>) -> rusqlite::Result<StoredSnapshot> {
    Ok(StoredSnapshot {
        key: row.get(0)?,
        last: Place::new(position(row.get(1)?), EventId::from_bytes(row.get(2)?)),
        version: row.get::<_, i64>(3)?.cast_unsigned(),
        state: row.get(4)?,
        written_at: Timestamp::from_micros(row.get(5)?),
    })
}

/// Writes those that are not older than what is there. Returns how many.
pub(super) fn write(conn: &Connection, of: &SnapshotsOf, snapshots: &[StoredSnapshot]) -> Result<u64, Fault> {
    open::transact(conn, || {
        let mut statement = conn.prepare_cached(
            "INSERT INTO eskit_snapshots (log, name, key, fingerprint, pos, id, version, state, written_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) \
             ON CONFLICT (log, name, key, fingerprint) DO UPDATE SET pos = excluded.pos, id = excluded.id, \
             version = excluded.version, state = excluded.state, written_at = excluded.written_at WHERE pos <= excluded.pos",
        )?;
        let mut written = 0;
        for StoredSnapshot { key, last, version, state, written_at } in snapshots {
            let id = last.id.unwrap_or_else(|| EventId::from_bytes([0; 16]));
            written += statement.execute((
                of.log.as_bytes(),
                of.name,
                key,
                of.fingerprint.get().cast_signed(),
                column(last.position),
                id.as_bytes(),
                version.cast_signed(),
                state,
                written_at.as_micros(),
            ))?;
        }
        Ok(written as u64)
    })
}

/// Removes snapshots. Returns how many there were.
pub(super) fn remove(conn: &Connection, of: &SnapshotsOf, which: &RemoveSnapshots) -> Result<u64, Fault> {
    let (log, name) = (of.log.as_bytes(), of.name);
    let sql = |more: &str| format!("DELETE FROM eskit_snapshots WHERE log = ?1 AND name = ?2{more}");
    let removed = open::transact(conn, || match which {
        RemoveSnapshots::Keys(keys) => {
            let mut statement = conn.prepare_cached(&sql(" AND key = ?3"))?;
            let removed = keys.iter().map(|key| statement.execute((log, name, key)));
            Ok(removed.sum::<rusqlite::Result<usize>>()?)
        }
        RemoveSnapshots::All => Ok(conn.execute(&sql(""), (log, name))?),
        RemoveSnapshots::WrittenBefore(time) => {
            Ok(conn.execute(&sql(" AND written_at < ?3"), (log, name, time.as_micros()))?)
        }
        RemoveSnapshots::OfOthersBefore(time) => {
            let own = of.fingerprint.get().cast_signed();
            Ok(conn.execute(&sql(" AND written_at < ?3 AND fingerprint <> ?4"), (log, name, time.as_micros(), own))?)
        }
    });
    Ok(removed? as u64)
}

/// All snapshots, counted.
pub(super) fn count(conn: &Connection) -> rusqlite::Result<Vec<SnapshotCount>> {
    let mut statement = conn.prepare_cached(
        "SELECT log, name, fingerprint, count(*), min(written_at), max(written_at) FROM eskit_snapshots \
         GROUP BY log, name, fingerprint",
    )?;
    let mut counts = statement.query_map([], counted)?.collect::<rusqlite::Result<Vec<SnapshotCount>>>()?;
    counts.sort_unstable_by(|one, other| {
        (one.log, &one.name, one.fingerprint).cmp(&(other.log, &other.name, other.fingerprint))
    });
    Ok(counts)
}

fn counted(row: &Row<'_>) -> rusqlite::Result<SnapshotCount> {
    let (log, fingerprint) = (LogId::from_bytes(row.get(0)?), Fingerprint::new(row.get::<_, i64>(2)?.cast_unsigned()));
    let oldest = Timestamp::from_micros(row.get(4)?);
    let mut count = SnapshotCount::one(log, row.get::<_, String>(1)?, fingerprint, oldest);
    count.snapshots = row.get::<_, i64>(3)?.unsigned_abs();
    count.newest = Timestamp::from_micros(row.get(5)?);
    Ok(count)
}

/// Removes all snapshots of an aggregate. Returns how many there were.
pub(super) fn forget(conn: &Connection, log: LogId, name: &str) -> Result<u64, Fault> {
    let sql = "DELETE FROM eskit_snapshots WHERE log = ?1 AND name = ?2";
    let forgotten = open::transact(conn, || Ok(conn.execute(sql, (log.as_bytes(), name))?));
    Ok(forgotten? as u64)
}
