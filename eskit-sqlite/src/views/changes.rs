use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use eskit_runtime::store_kit::HeadWatch;

use crate::handlers::changed::{Changed, KEYS_MAX};

/// The changes of one projection in this process.
#[derive(Default)]
pub(super) struct Hub {
    state: Mutex<State>,
    watch: HeadWatch,
    waiting: AtomicUsize,
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
}

/// How often the version that readers see was changed, and how often of that by other processes: at most so often, as long as a
/// commit of this process is under way.
#[derive(Clone, Copy, Debug)]
struct Seen {
    version: Option<u32>,
    changes: i64,
    others: i64,
}

impl Hub {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs what may commit a change to a version, and tells the waiting readers of it.
    pub(super) fn commit<T, E>(
        &self,
        version: u32,
        run: impl FnOnce() -> Result<T, E>,
        changed: impl FnOnce(&T) -> Changed,
    ) -> Result<T, E> {
        // Before the commit, so that it is not taken for one of another process meanwhile.
        *self.state().own.entry(version).or_default() += 1;
        let result = run();
        match result.as_ref().map_or(Changed::none(), changed) {
            changed if changed.is_none() => *self.state().own.entry(version).or_default() -= 1,
            changed => self.tell(changed),
        }
        result
    }

    /// Takes note of the version that readers see, and of how often it was changed. Tells the waiting readers if another process
    /// has done either.
    pub(super) fn look(&self, version: Option<u32>, changes: u64) {
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
    pub(super) fn tell(&self, changed: Changed) {
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

    /// Whether any reader waits.
    pub(super) fn is_awaited(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
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
}

/// The changes of a read model, from [`SqliteViews::changes`](crate::SqliteViews::changes). Dropping it ends the subscription to
/// them.
pub struct Changes {
    hub: Arc<Hub>,
    seen: u64,
    /// What looks for commits of other processes, while a reader waits.
    poller: Poll,
}

/// Sees to it that commits of other processes are looked for.
pub(super) type Poll = Box<dyn Fn() + Send + Sync>;

impl Changes {
    pub(super) fn new(hub: Arc<Hub>, poller: Poll) -> Changes {
        let seen = hub.state().count;
        Changes { hub, seen, poller }
    }

    /// Waits until the read model has changed since this was last called, or since [`Changes`] began. Several changes are told as
    /// one. Commits of this process are told at once, those of another process within about 100 ms.
    pub async fn next(&mut self) -> Changed {
        struct Waiting<'h>(&'h Hub);
        impl Drop for Waiting<'_> {
            fn drop(&mut self) {
                self.0.waiting.fetch_sub(1, Ordering::Relaxed);
            }
        }
        let hub = &*self.hub;
        hub.waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(hub);
        (self.poller)();
        let seen = self.seen;
        let (count, changed) = hub.watch.until(move || hub.since(seen)).await;
        self.seen = count;
        changed
    }
}

impl fmt::Debug for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changes").field("seen", &self.seen).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(names: &[&str]) -> Changed {
        Changed::Keys(names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn changes_are_told_as_one_and_too_many_as_all() {
        let hub = Hub::default();
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
        let hub = Hub::default();
        let told = || hub.state().count;
        hub.look(Some(1), 5);
        assert_eq!(told(), 0, "what was there before is no change");
        let commit = || hub.commit(1, || Ok::<_, ()>(()), |_| keys(&["a"]));
        commit().unwrap();
        hub.look(Some(1), 6);
        assert_eq!(told(), 1);
        // A look while a commit of this process is under way.
        let look_and_commit = || {
            hub.look(Some(1), 7);
            Ok::<_, ()>(())
        };
        hub.commit(1, look_and_commit, |_| Changed::All).unwrap();
        hub.look(Some(1), 7);
        assert_eq!(told(), 2);
        hub.commit(1, || Err::<(), _>(()), |_| Changed::All).unwrap_err();
        hub.look(Some(1), 8);
        assert_eq!(told(), 3, "another process");
        hub.look(Some(1), 8);
        assert_eq!(told(), 3);
        hub.look(Some(2), 8);
        assert_eq!(told(), 4, "another version");
        hub.look(Some(2), 1);
        assert_eq!(told(), 5, "another file");
    }
}
