use std::future::Future;

use crate::log::store::error::StoreError;

use super::stored::{RemoveSnapshots, SnapshotsOf, StoredSnapshot};

/// Where snapshots are kept. Cheap to clone, and shared by its clones.
///
/// Snapshots may be lost at any time: nothing depends on them but speed. `eskit-conformance` tests whether these rules are kept.
pub trait Snapshots: Clone + Send + Sync + 'static {
    /// The snapshots with these keys, in any order; keys without one are left out. Only those of exactly this log, aggregate and
    /// [`Fingerprint`](super::Fingerprint) are found.
    ///
    /// # Errors
    /// The database failed.
    fn find_snapshots(
        &self,
        of: SnapshotsOf,
        keys: Vec<String>,
    ) -> impl Future<Output = Result<Vec<StoredSnapshot>, StoreError>> + Send;

    /// Writes snapshots, each with another key, and returns how many were written. One that is there already is replaced, unless its
    /// last event is at a higher position: of several writers, whatever their processes, the newest one wins.
    ///
    /// # Errors
    /// The database failed.
    fn write_snapshots(
        &self,
        of: SnapshotsOf,
        snapshots: Vec<StoredSnapshot>,
    ) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// Removes snapshots of this aggregate and this log, and returns how many there were.
    ///
    /// # Errors
    /// The database failed.
    fn remove_snapshots(
        &self,
        of: SnapshotsOf,
        which: RemoveSnapshots,
    ) -> impl Future<Output = Result<u64, StoreError>> + Send;
}
