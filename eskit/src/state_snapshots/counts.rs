use std::sync::atomic::{AtomicU64, Ordering};

/// What has become of the snapshots of one aggregate since they were added to the app. Returned by
/// [`AggregateSnapshots::counts`](crate::AggregateSnapshots::counts).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct SnapshotCounts {
    /// Instances whose snapshot was found and read.
    pub hits: u64,
    /// Instances without a snapshot that may be used.
    pub misses: u64,
    /// Snapshots that were found but could not be read.
    pub unreadable: u64,
    /// Instances whose snapshot was not looked for or not found in time, since the place of the snapshots is slow or fails.
    pub unanswered: u64,
    /// Snapshots that were written.
    pub written: u64,
    /// Snapshots that were not written, since a newer one was there.
    pub outdated: u64,
    /// Snapshots that were not written, since the state or the place of the snapshots failed, or too many waited.
    pub unwritten: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counter {
    counts: [AtomicU64; 7],
}

/// What happened to a snapshot.
#[derive(Clone, Copy, Debug)]
pub(super) enum Outcome {
    Hit,
    Miss,
    Unreadable,
    Unanswered,
    Written,
    Outdated,
    Unwritten,
}

impl Outcome {
    #[cfg(feature = "metrics")]
    pub(super) fn name(self) -> &'static str {
        match self {
            Outcome::Hit => "hit",
            Outcome::Miss => "miss",
            Outcome::Unreadable => "unreadable",
            Outcome::Unanswered => "unanswered",
            Outcome::Written => "written",
            Outcome::Outdated => "outdated",
            Outcome::Unwritten => "unwritten",
        }
    }
}

impl Counter {
    pub(super) fn add(&self, outcome: Outcome, count: u64) {
        self.counts[outcome as usize].fetch_add(count, Ordering::Relaxed);
    }

    pub(super) fn counts(&self) -> SnapshotCounts {
        let get = |outcome: Outcome| self.counts[outcome as usize].load(Ordering::Relaxed);
        SnapshotCounts {
            hits: get(Outcome::Hit),
            misses: get(Outcome::Miss),
            unreadable: get(Outcome::Unreadable),
            unanswered: get(Outcome::Unanswered),
            written: get(Outcome::Written),
            outdated: get(Outcome::Outdated),
            unwritten: get(Outcome::Unwritten),
        }
    }
}
