use std::iter::Sum;
use std::sync::atomic::{AtomicU64, Ordering};

/// How much a case, or a run, asked of a store.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Counts {
    /// Generated inputs, and rounds of races.
    pub seeds: u64,
    /// Appends that the store confirmed, also to processes that were killed.
    pub commits: u64,
    /// Processes that were killed while they wrote.
    pub kills: u64,
}

impl Sum for Counts {
    fn sum<I: Iterator<Item = Counts>>(counts: I) -> Counts {
        counts.fold(Counts::default(), |sum, one| Counts {
            seeds: sum.seeds + one.seeds,
            commits: sum.commits + one.commits,
            kills: sum.kills + one.kills,
        })
    }
}

/// Counts while a case runs.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    seeds: AtomicU64,
    commits: AtomicU64,
    kills: AtomicU64,
}

impl Tally {
    pub(crate) fn seed(&self) {
        self.seeds.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn commits(&self, commits: usize) {
        self.commits.fetch_add(commits as u64, Ordering::Relaxed);
    }

    pub(crate) fn kill(&self) {
        self.kills.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn counts(&self) -> Counts {
        let [seeds, commits, kills] =
            [&self.seeds, &self.commits, &self.kills].map(|count| count.load(Ordering::Relaxed));
        Counts { seeds, commits, kills }
    }
}
