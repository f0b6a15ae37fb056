use std::collections::BTreeMap;

use eskit_runtime::StoreError;
use eskit_runtime::snapshots::{Fingerprint, RemoveSnapshots, Snapshots, SnapshotsOf, StoredSnapshot};

use crate::mistake::Mistake as M;
use crate::sound::SoundViews;

/// The snapshots, by key.
pub(crate) type Kept = BTreeMap<SnapshotsOf, BTreeMap<String, StoredSnapshot>>;

impl SoundViews {
    /// Whose snapshots are found, as these views see it.
    fn seen(&self, of: SnapshotsOf) -> SnapshotsOf {
        // A snapshot of old logic is served.
        if self.mistake == M::ProgramsShareSnapshots {
            SnapshotsOf { fingerprint: Fingerprint::new(0), ..of }
        } else {
            of
        }
    }
}

impl Snapshots for SoundViews {
    async fn find_snapshots(&self, of: SnapshotsOf, keys: Vec<String>) -> Result<Vec<StoredSnapshot>, StoreError> {
        let mut found: Vec<StoredSnapshot> = self.snapshots(|kept| {
            let snapshots = kept.entry(self.seen(of)).or_default();
            let is_asked = |snapshot: &&StoredSnapshot| {
                keys.iter().any(|key| {
                    if self.mistake == M::SnapshotKeysIgnoreCase {
                        key.eq_ignore_ascii_case(&snapshot.key)
                    } else {
                        *key == snapshot.key
                    }
                })
            };
            snapshots.values().filter(is_asked).cloned().collect()
        });
        if self.mistake == M::SnapshotsForgetTheId {
            found.iter_mut().for_each(|snapshot| snapshot.last.id = None);
        }
        Ok(found)
    }

    async fn write_snapshots(&self, of: SnapshotsOf, snapshots: Vec<StoredSnapshot>) -> Result<u64, StoreError> {
        let mut written = 0;
        for snapshot in snapshots {
            let key = snapshot.key.clone();
            let old = self.snapshots(|kept| kept.entry(self.seen(of)).or_default().get(&key).cloned());
            if self.mistake == M::SnapshotsAreComparedOutside {
                tokio::task::yield_now().await;
            }
            written += self.snapshots(|kept| {
                let kept = kept.entry(self.seen(of)).or_default();
                let now = if self.mistake == M::SnapshotsAreComparedOutside { old } else { kept.get(&key).cloned() };
                let is_newer = now.is_none_or(|old| old.last.position <= snapshot.last.position);
                if is_newer || self.mistake == M::LastSnapshotWins {
                    kept.insert(key, snapshot);
                    return 1;
                }
                0
            });
        }
        Ok(written)
    }

    async fn remove_snapshots(&self, of: SnapshotsOf, which: RemoveSnapshots) -> Result<u64, StoreError> {
        let of = self.seen(of);
        let is_meant = |own: &SnapshotsOf| {
            let is_own = self.mistake != M::RemovesOnlyOwnSnapshots || own.fingerprint == of.fingerprint;
            (own.log, own.name) == (of.log, of.name) && is_own
        };
        if self.mistake == M::SnapshotsAreNotRemoved {
            return Ok(self.snapshots(|kept| {
                kept.iter().filter(|(own, _)| is_meant(own)).map(|(_, kept)| kept.len() as u64).sum()
            }));
        }
        Ok(self.snapshots(|kept| {
            let mut removed = 0;
            for (own, snapshots) in kept.iter_mut().filter(|(own, _)| is_meant(own)) {
                let before = snapshots.len();
                snapshots.retain(|key, snapshot| match &which {
                    RemoveSnapshots::Keys(keys) => !keys.contains(key),
                    RemoveSnapshots::All => false,
                    RemoveSnapshots::WrittenBefore(time) if self.mistake == M::AgeIncludesTheLimit => {
                        snapshot.written_at > *time
                    }
                    RemoveSnapshots::WrittenBefore(time) => snapshot.written_at >= *time,
                    RemoveSnapshots::OfOthersBefore(time) => {
                        (*own == of && self.mistake != M::OwnCountAsOthers) || snapshot.written_at >= *time
                    }
                });
                removed += (before - snapshots.len()) as u64;
            }
            removed
        }))
    }
}
