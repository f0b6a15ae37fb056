use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::changed::{Changed, KEYS_MAX};
use crate::store_kit::HeadWatch;

/// Sleeps on the clock of the views.
pub type Sleeper = fn(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>;

/// The changes of the read models of some views, as far as this process has made them or has seen them.
pub struct ChangeHubs {
    hubs: Mutex<HashMap<String, Arc<ChangeHub>>>,
    sleep: Sleeper,
}

impl ChangeHubs {
    /// Of views without readers yet.
    pub fn new(sleep: Sleeper) -> ChangeHubs {
        ChangeHubs { hubs: Mutex::default(), sleep }
    }

    /// The changes of one read model.
    pub fn of(&self, name: &str) -> Arc<ChangeHub> {
        let mut hubs = self.hubs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(hub) = hubs.get(name) {
            return Arc::clone(hub);
        }
        Arc::clone(hubs.entry(name.to_owned()).or_insert(Arc::new(ChangeHub::new(self.sleep))))
    }
}

impl fmt::Debug for ChangeHubs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChangeHubs").finish_non_exhaustive()
    }
}

/// The changes of one read model. Views tell it what they commit; it tells those who wait in [`Changes`](super::Changes).
pub struct ChangeHub {
    state: Mutex<State>,
    watch: HeadWatch,
    sleep: Sleeper,
}

#[derive(Default)]
struct State {
    /// How many changes there were.
    count: u64,
    /// The last changed keys, each with its number, ascending.
    keys: VecDeque<(u64, String)>,
    /// The last change that named no keys, or was forgotten.
    all: u64,
    /// For each version, how many commits of this process have changed the read model, or may be about to.
    own: BTreeMap<u32, i64>,
    /// What was last seen of the commits of other processes.
    seen: Option<Seen>,
    /// When that was.
    looked_at: Option<Instant>,
}

/// How often the version that readers see was changed, and how often of that by other processes: at most so often, as long as a
/// commit of this process is under way.
#[derive(Clone, Copy, Debug)]
struct Seen {
    version: Option<u32>,
    changes: i64,
    others: i64,
}

impl ChangeHub {
    /// Of a read model without readers yet.
    pub fn new(sleep: Sleeper) -> ChangeHub {
        ChangeHub { state: Mutex::default(), watch: HeadWatch::default(), sleep }
    }

    /// How many changes there were.
    pub(super) fn count(&self) -> u64 {
        self.state().count
    }

    /// Call it before a commit that changes a version, so that it is not taken for one of another process meanwhile.
    pub fn begin(self: &Arc<ChangeHub>, version: u32) -> PendingChange {
        *self.state().own.entry(version).or_default() += 1;
        PendingChange { hub: Arc::clone(self), version, is_committed: false }
    }

    /// Takes note of the version that readers see, and of how often it was changed. Tells the waiting readers if another process
    /// has done either.
    pub fn look(&self, version: Option<u32>, changes: u64) {
        let changes = i64::try_from(changes).unwrap_or(i64::MAX);
        let is_news = {
            let mut state = self.state();
            let own = version.and_then(|version| state.own.get(&version)).copied().unwrap_or_default();
            let found = Seen { version, changes, others: changes - own };
            let is_news = state
                .seen
                .is_some_and(|seen| seen.version != version || changes < seen.changes || found.others > seen.others);
            match &mut state.seen {
                Some(seen) if !is_news => seen.changes = changes,
                seen => *seen = Some(found),
            }
            is_news
        };
        if is_news {
            self.tell(Changed::All);
        }
    }

    /// Tells the waiting readers of a change.
    pub fn tell(&self, changed: Changed) {
        if changed.is_none() {
            return;
        }
        {
            let mut state = self.state();
            state.count += 1;
            let number = state.count;
            match changed {
                Changed::All => state.all = number,
                Changed::Keys(keys) => state.keys.extend(keys.into_iter().map(|key| (number, key))),
            }
            while state.keys.len() > KEYS_MAX
                && let Some((forgotten, _)) = state.keys.pop_front()
            {
                state.all = state.all.max(forgotten);
            }
        }
        self.watch.moved();
    }

    /// Waits until something has changed after the change with this number, and so long for more. Returns the number of the last one.
    pub(super) async fn wait(&self, seen: u64, debounce: Duration) -> (u64, Changed) {
        let found = self.watch.until(|| self.since(seen)).await;
        if debounce.is_zero() {
            return found;
        }
        self.sleep(debounce).await;
        self.since(seen).unwrap_or(found)
    }

    pub(super) async fn sleep(&self, time: Duration) {
        (self.sleep)(time).await;
    }

    /// Whether it is time to look for commits of other processes. The caller looks then.
    pub(super) fn is_due(&self, every: Duration) -> bool {
        let (mut state, now) = (self.state(), Instant::now());
        // A sleep may end a little early.
        let is_due = state.looked_at.is_none_or(|looked_at| now.duration_since(looked_at) >= every * 9 / 10);
        if is_due {
            state.looked_at = Some(now);
        }
        is_due
    }

    /// What has changed after the change with this number, and the number of the last one.
    fn since(&self, seen: u64) -> Option<(u64, Changed)> {
        let state = self.state();
        if state.count == seen {
            return None;
        }
        let changed = if state.all > seen {
            Changed::All
        } else {
            let keys = state.keys.iter().filter(|(number, _)| *number > seen);
            Changed::Keys(keys.map(|(_, key)| key.clone()).collect())
        };
        Some((state.count, changed))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for ChangeHub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChangeHub").field("count", &self.state().count).finish_non_exhaustive()
    }
}

/// A commit that is under way. Dropping it says that nothing was changed, or that it is not known.
#[must_use]
#[derive(Debug)]
pub struct PendingChange {
    hub: Arc<ChangeHub>,
    version: u32,
    is_committed: bool,
}

impl PendingChange {
    /// Says what the commit has changed, and tells the waiting readers if they see that version.
    pub fn committed(mut self, changed: Changed, is_seen: bool) {
        self.is_committed = !changed.is_none();
        if is_seen {
            self.hub.tell(changed);
        }
    }
}

impl Drop for PendingChange {
    fn drop(&mut self) {
        if !self.is_committed {
            *self.hub.state().own.entry(self.version).or_default() -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use super::*;

    /// Sleeps are over at once.
    fn hub() -> Arc<ChangeHub> {
        Arc::new(ChangeHub::new(|_| Box::pin(ready(()))))
    }

    fn keys(names: &[&str]) -> Changed {
        Changed::Keys(names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn changes_are_told_as_one_and_too_many_as_all() {
        let hub = hub();
        assert_eq!(hub.since(0), None);
        hub.tell(keys(&["a"]));
        hub.tell(keys(&["b", "a"]));
        assert_eq!(hub.since(0), Some((2, keys(&["a", "b"]))));
        assert_eq!(hub.since(1), Some((2, keys(&["a", "b"]))));
        hub.tell(Changed::All);
        assert_eq!(hub.since(0), Some((3, Changed::All)));
        hub.tell(keys(&["c"]));
        assert_eq!(hub.since(3), Some((4, keys(&["c"]))));
        for number in 0..1024 {
            hub.tell(keys(&[&number.to_string()]));
        }
        // `c` was forgotten, and only a reader that had not seen it must know.
        assert_eq!(hub.since(3).map(|(_, changed)| changed), Some(Changed::All));
        assert!(matches!(hub.since(4), Some((1028, Changed::Keys(keys))) if keys.len() == 1024));
    }

    #[test]
    fn commits_of_other_processes_are_told_from_those_of_this_one() {
        let hub = hub();
        let told = || hub.state().count;
        hub.look(Some(1), 5);
        assert_eq!(told(), 0, "what was there before is no change");
        hub.begin(1).committed(keys(&["a"]), true);
        hub.look(Some(1), 6);
        assert_eq!(told(), 1);
        // A look while a commit of this process is under way.
        let pending = hub.begin(1);
        hub.look(Some(1), 7);
        pending.committed(Changed::All, true);
        hub.look(Some(1), 7);
        assert_eq!(told(), 2);
        drop(hub.begin(1));
        hub.begin(1).committed(Changed::none(), true);
        hub.look(Some(1), 7);
        assert_eq!(told(), 2, "nothing was committed");
        hub.look(Some(1), 8);
        assert_eq!(told(), 3, "another process");
        hub.look(Some(1), 8);
        assert_eq!(told(), 3);
        hub.begin(2).committed(keys(&["a"]), false);
        assert_eq!(told(), 3, "nobody sees that version");
        hub.look(Some(2), 8);
        assert_eq!(told(), 4, "another version");
        hub.look(Some(2), 1);
        assert_eq!(told(), 5, "another file");
    }
}
