//! Since when a subscription is behind without progress, as the requests have seen it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use eskit::log::Position;
use eskit::subscription::Health;

/// A subscription's name, and which of its parts it is.
type Part = (&'static str, u32);

/// Remembers where subscriptions stood that were behind. A subscription that does not know that it is behind, because it has lost
/// touch with the log, is found out by this alone.
pub(super) struct Progress {
    patience: Duration,
    behind: Mutex<HashMap<Part, (Position, Instant)>>,
}

impl Progress {
    pub(super) fn new(patience: Duration) -> Progress {
        Progress { patience, behind: Mutex::default() }
    }

    /// Notes where a subscription stands. Returns whether it was behind at the same place for too long.
    pub(super) fn is_stuck(&self, health: &Health, is_behind: bool) -> bool {
        let (key, at) = ((health.name, health.partition.index), health.place.position);
        let mut behind = self.behind.lock().unwrap_or_else(PoisonError::into_inner);
        if !is_behind {
            behind.remove(&key);
            return false;
        }
        let seen = behind.entry(key).or_insert((at, Instant::now()));
        if seen.0 != at {
            *seen = (at, Instant::now());
        }
        seen.1.elapsed() > self.patience
    }
}
