use std::future::Future;

use crate::log::id::LogId;
use crate::log::store::error::StoreError;
use crate::log::time::Timestamp;

use super::fingerprint::Fingerprint;
use super::store::Snapshots;

/// How many snapshots of one aggregate of one log there are, as one program wrote them.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct SnapshotCount {
    /// The log.
    pub log: LogId,
    /// The name of the aggregate, [`AggregateType::slug`](crate::model::AggregateType::slug).
    pub name: String,
    /// The program.
    pub fingerprint: Fingerprint,
    /// How many there are.
    pub snapshots: u64,
    /// When the oldest of them was written.
    pub oldest: Timestamp,
    /// When the newest of them was written.
    pub newest: Timestamp,
}

impl SnapshotCount {
    /// One snapshot, written at this time.
    pub fn one(log: LogId, name: impl Into<String>, fingerprint: Fingerprint, written_at: Timestamp) -> SnapshotCount {
        SnapshotCount { log, name: name.into(), fingerprint, snapshots: 1, oldest: written_at, newest: written_at }
    }
}

/// Views that can tell which snapshots they keep, whatever program wrote them: for tools that do not have the aggregates.
///
/// `eskit-conformance` tests whether these rules are kept.
pub trait CountSnapshots: Snapshots {
    /// All snapshots, counted by log, aggregate and program, and sorted by them. The cost grows with their number.
    ///
    /// # Errors
    /// The database failed.
    fn count_snapshots(&self) -> impl Future<Output = Result<Vec<SnapshotCount>, StoreError>> + Send;

    /// Removes all snapshots of an aggregate and a log, whatever program wrote them, and returns how many there were.
    ///
    /// # Errors
    /// The database failed.
    fn forget_snapshots(&self, log: LogId, name: &str) -> impl Future<Output = Result<u64, StoreError>> + Send;
}
