use std::future::Future;
use std::pin::Pin;

use eskit_runtime::StoreError;
use eskit_runtime::snapshots::{RemoveSnapshots, Snapshots, SnapshotsOf, StoredSnapshot};

type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// [`Snapshots`] of any type.
pub(super) trait Erased: Send + Sync {
    fn find(&self, of: SnapshotsOf, keys: Vec<String>) -> Boxed<'_, Vec<StoredSnapshot>>;
    fn write(&self, of: SnapshotsOf, snapshots: Vec<StoredSnapshot>) -> Boxed<'_, u64>;
    fn remove(&self, of: SnapshotsOf, which: RemoveSnapshots) -> Boxed<'_, u64>;
}

impl<T: Snapshots> Erased for T {
    fn find(&self, of: SnapshotsOf, keys: Vec<String>) -> Boxed<'_, Vec<StoredSnapshot>> {
        Box::pin(self.find_snapshots(of, keys))
    }

    fn write(&self, of: SnapshotsOf, snapshots: Vec<StoredSnapshot>) -> Boxed<'_, u64> {
        Box::pin(self.write_snapshots(of, snapshots))
    }

    fn remove(&self, of: SnapshotsOf, which: RemoveSnapshots) -> Boxed<'_, u64> {
        Box::pin(self.remove_snapshots(of, which))
    }
}
