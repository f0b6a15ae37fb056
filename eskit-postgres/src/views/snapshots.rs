//! Snapshots of aggregates, in a table beside the checkpoints.

use eskit_runtime::Timestamp;
use eskit_runtime::log::{EventId, LogId, Place};
use eskit_runtime::snapshots::{Fingerprint, RemoveSnapshots, SnapshotCount, SnapshotsOf, StoredSnapshot};
use sqlx::Row;
use sqlx::postgres::PgRow;
use sqlx::types::Uuid;

use crate::error::Fault;
use crate::sql::record::{column, position};

use super::inner::Inner;

/// The snapshots with these keys.
pub(crate) async fn find(inner: &Inner, of: &SnapshotsOf, keys: &[String]) -> Result<Vec<StoredSnapshot>, Fault> {
    let query = sqlx::query(inner.statements.find_snapshots.safe())
        .bind(of.log.as_uuid())
        .bind(of.name)
        .bind(keys)
        .bind(of.fingerprint.get().cast_signed());
    let rows = query.fetch_all(&inner.pool).await?;
    Ok(rows.iter().map(stored).collect::<sqlx::Result<_>>()?)
}

fn stored(row: &PgRow) -> sqlx::Result<StoredSnapshot> {
    Ok(StoredSnapshot {
        key: row.try_get(0)?,
        last: Place::new(position(row.try_get(1)?), EventId::from(row.try_get::<Uuid, _>(2)?)),
        version: row.try_get::<i64, _>(3)?.cast_unsigned(),
        state: row.try_get(4)?,
        written_at: Timestamp::from_micros(row.try_get(5)?),
    })
}

/// Writes those that are not older than what is there. Returns how many.
pub(crate) async fn write(inner: &Inner, of: &SnapshotsOf, mut snapshots: Vec<StoredSnapshot>) -> Result<u64, Fault> {
    // Processes that write the same ones lock them in the same order.
    snapshots.sort_unstable_by(|one, other| one.key.cmp(&other.key));
    let count = snapshots.len();
    let (mut keys, mut positions, mut ids) =
        (Vec::with_capacity(count), Vec::with_capacity(count), Vec::with_capacity(count));
    let (mut versions, mut states, mut times) =
        (Vec::with_capacity(count), Vec::with_capacity(count), Vec::with_capacity(count));
    for StoredSnapshot { key, last, version, state, written_at } in snapshots {
        keys.push(key);
        positions.push(column(last.position));
        ids.push(last.id.map_or(Uuid::nil(), |id| id.as_uuid()));
        versions.push(version.cast_signed());
        states.push(state);
        times.push(written_at.as_micros());
    }
    let query = sqlx::query(inner.statements.write_snapshots.safe())
        .bind(of.log.as_uuid())
        .bind(of.name)
        .bind(of.fingerprint.get().cast_signed())
        .bind(keys)
        .bind(positions)
        .bind(ids)
        .bind(versions)
        .bind(states)
        .bind(times);
    let mut transaction = inner.begin().await?;
    let written = query.execute(&mut *transaction).await?.rows_affected();
    transaction.commit().await?;
    Ok(written)
}

/// Removes snapshots. Returns how many there were.
pub(crate) async fn remove(inner: &Inner, of: &SnapshotsOf, which: RemoveSnapshots) -> Result<u64, Fault> {
    let statements = &inner.statements;
    let own = of.fingerprint.get().cast_signed();
    let sql = match &which {
        RemoveSnapshots::Keys(_) => &statements.remove_snapshots_of,
        RemoveSnapshots::All => &statements.remove_snapshots,
        RemoveSnapshots::WrittenBefore(_) | RemoveSnapshots::OfOthersBefore(_) => &statements.remove_old_snapshots,
    };
    let query = sqlx::query(sql.safe()).bind(of.log.as_uuid()).bind(of.name);
    let query = match which {
        RemoveSnapshots::Keys(keys) => query.bind(keys),
        RemoveSnapshots::All => query,
        RemoveSnapshots::WrittenBefore(time) => query.bind(time.as_micros()).bind(None::<i64>),
        RemoveSnapshots::OfOthersBefore(time) => query.bind(time.as_micros()).bind(Some(own)),
    };
    let mut transaction = inner.begin().await?;
    let removed = query.execute(&mut *transaction).await?.rows_affected();
    transaction.commit().await?;
    Ok(removed)
}

/// All snapshots, counted.
pub(crate) async fn count(inner: &Inner) -> Result<Vec<SnapshotCount>, Fault> {
    let rows = sqlx::query(inner.statements.count_snapshots.safe()).fetch_all(&inner.pool).await?;
    let mut counts = rows.iter().map(counted).collect::<sqlx::Result<Vec<SnapshotCount>>>()?;
    // The database sorts numbers of programs with their signs.
    counts.sort_unstable_by(|one, other| {
        (one.log, &one.name, one.fingerprint).cmp(&(other.log, &other.name, other.fingerprint))
    });
    Ok(counts)
}

fn counted(row: &PgRow) -> sqlx::Result<SnapshotCount> {
    let log = LogId::from(row.try_get::<Uuid, _>(0)?);
    let fingerprint = Fingerprint::new(row.try_get::<i64, _>(2)?.cast_unsigned());
    let oldest = Timestamp::from_micros(row.try_get(4)?);
    let mut count = SnapshotCount::one(log, row.try_get::<String, _>(1)?, fingerprint, oldest);
    count.snapshots = row.try_get::<i64, _>(3)?.unsigned_abs();
    count.newest = Timestamp::from_micros(row.try_get(5)?);
    Ok(count)
}

/// Removes all snapshots of an aggregate. Returns how many there were.
pub(crate) async fn forget(inner: &Inner, log: LogId, name: &str) -> Result<u64, Fault> {
    let query = sqlx::query(inner.statements.remove_snapshots.safe()).bind(log.as_uuid()).bind(name);
    let mut transaction = inner.begin().await?;
    let forgotten = query.execute(&mut *transaction).await?.rows_affected();
    transaction.commit().await?;
    Ok(forgotten)
}
