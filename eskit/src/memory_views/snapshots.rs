use eskit_runtime::StoreError;
use eskit_runtime::log::LogId;
use eskit_runtime::snapshots::{
    CountSnapshots, RemoveSnapshots, SnapshotCount, Snapshots, SnapshotsOf, StoredSnapshot,
};

use super::MemoryViews;

impl Snapshots for MemoryViews {
    async fn find_snapshots(&self, of: SnapshotsOf, keys: Vec<String>) -> Result<Vec<StoredSnapshot>, StoreError> {
        let kept = self.lock();
        let Some(snapshots) = kept.snapshots.get(&of) else { return Ok(Vec::new()) };
        Ok(keys.iter().filter_map(|key| snapshots.get(key).cloned()).collect())
    }

    async fn write_snapshots(&self, of: SnapshotsOf, snapshots: Vec<StoredSnapshot>) -> Result<u64, StoreError> {
        let mut kept = self.lock();
        let stored = kept.snapshots.entry(of).or_default();
        let mut written = 0;
        for snapshot in snapshots {
            let is_newer = stored.get(&snapshot.key).is_none_or(|old| old.last.position <= snapshot.last.position);
            if is_newer {
                stored.insert(snapshot.key.clone(), snapshot);
                written += 1;
            }
        }
        Ok(written)
    }

    async fn remove_snapshots(&self, of: SnapshotsOf, which: RemoveSnapshots) -> Result<u64, StoreError> {
        let mut kept = self.lock();
        let mut removed = 0;
        for (own, snapshots) in kept.snapshots.iter_mut().filter(|(own, _)| (own.log, own.name) == (of.log, of.name)) {
            let before = snapshots.len();
            snapshots.retain(|key, snapshot| match &which {
                RemoveSnapshots::Keys(keys) => !keys.contains(key),
                RemoveSnapshots::All => false,
                RemoveSnapshots::WrittenBefore(time) => snapshot.written_at >= *time,
                RemoveSnapshots::OfOthersBefore(time) => *own == of || snapshot.written_at >= *time,
            });
            removed += before - snapshots.len();
        }
        Ok(removed as u64)
    }
}

impl CountSnapshots for MemoryViews {
    async fn count_snapshots(&self) -> Result<Vec<SnapshotCount>, StoreError> {
        let kept = self.lock();
        let counted = kept.snapshots.iter().filter_map(|(of, snapshots)| {
            let times = || snapshots.values().map(|snapshot| snapshot.written_at);
            let mut count = SnapshotCount::one(of.log, of.name, of.fingerprint, times().min()?);
            (count.snapshots, count.newest) = (snapshots.len() as u64, times().max()?);
            Some(count)
        });
        Ok(counted.collect())
    }

    async fn forget_snapshots(&self, log: LogId, name: &str) -> Result<u64, StoreError> {
        let mut kept = self.lock();
        let mut forgotten = 0;
        kept.snapshots.retain(|of, snapshots| {
            let is_kept = (of.log, of.name) != (log, name);
            forgotten += if is_kept { 0 } else { snapshots.len() };
            is_kept
        });
        Ok(forgotten as u64)
    }
}
