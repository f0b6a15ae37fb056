use std::hash::RandomState;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use eskit_runtime::log::{LogId, Subject};
use eskit_runtime::vault::KeyId;
use quick_cache::UnitWeighter;
use quick_cache::sync::{Cache, DefaultLifecycle};

use super::form::ReadyKey;

type Kept<K, V> = Cache<K, V, UnitWeighter, RandomState>;

/// What became of a key.
#[derive(Clone)]
pub(super) enum Found {
    Key(Arc<ReadyKey>),
    /// It was destroyed: its subject is forgotten.
    Destroyed,
    /// It is there, or should be, and opens nothing, for this reason.
    Unusable(Arc<str>),
}

/// The keys that a vault has unwrapped. All are dropped when some key is destroyed, by this process or another one.
pub(super) struct CachedKeys {
    by_id: Kept<KeyId, Found>,
    by_subject: Kept<(LogId, Subject), Arc<ReadyKey>>,
    /// How often all were dropped.
    generation: AtomicU64,
    /// How often keys turned out to be destroyed.
    destructions: AtomicU64,
    noticed: Mutex<Noticed>,
}

/// What was last seen of the key store.
#[derive(Clone, Copy, Default)]
struct Noticed {
    at: Option<Instant>,
    destroyed: Option<u64>,
}

impl CachedKeys {
    pub(super) fn new(keys: u64) -> CachedKeys {
        fn room<K: std::hash::Hash + Eq, V: Clone>(keys: u64) -> Kept<K, V> {
            Cache::with(0, keys, UnitWeighter, RandomState::new(), DefaultLifecycle::default())
        }
        CachedKeys {
            by_id: room(keys),
            by_subject: room(keys),
            generation: AtomicU64::default(),
            destructions: AtomicU64::default(),
            noticed: Mutex::default(),
        }
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    pub(super) fn destructions(&self) -> u64 {
        self.destructions.load(Ordering::Acquire)
    }

    pub(super) fn by_id(&self, id: KeyId) -> Option<Found> {
        self.by_id.get(&id)
    }

    pub(super) fn by_subject(&self, log: LogId, subject: &Subject) -> Option<Arc<ReadyKey>> {
        self.by_subject.get(&(log, subject.clone()))
    }

    /// Caches what the key store said while this was the generation. A key that was destroyed meanwhile does not stay.
    pub(super) fn put(&self, generation: u64, id: KeyId, found: Found) {
        self.by_id.insert(id, found);
        if self.generation() != generation {
            self.by_id.remove(&id);
        }
    }

    /// The same for a key that is to seal.
    pub(super) fn put_subject(&self, generation: u64, log: LogId, subject: &Subject, key: &Arc<ReadyKey>) {
        let of = (log, subject.clone());
        self.by_subject.insert(of.clone(), Arc::clone(key));
        if self.generation() != generation {
            self.by_subject.remove(&of);
        }
    }

    /// Drops all keys, since this process has destroyed so many.
    pub(super) fn destroyed(&self, keys: u64) {
        let mut noticed = self.noticed();
        noticed.destroyed = noticed.destroyed.map(|known| known + keys);
        drop(noticed);
        self.destructions.fetch_add(1, Ordering::AcqRel);
        self.clear();
    }

    fn clear(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
        self.by_id.clear();
        self.by_subject.clear();
    }

    /// Whether it is time to ask the key store whether keys were destroyed. Then the caller asks.
    pub(super) fn is_time(&self, within: Duration) -> bool {
        let mut noticed = self.noticed();
        let is_time = noticed.at.is_none_or(|at| at.elapsed() >= within);
        if is_time {
            noticed.at = Some(Instant::now());
        }
        is_time
    }

    /// Takes note of how many keys are destroyed; `None` if the key store does not say, so that some may be.
    pub(super) fn note(&self, destroyed: Option<u64>) {
        let mut noticed = self.noticed();
        let known = noticed.destroyed;
        match destroyed {
            Some(_) => noticed.destroyed = destroyed,
            None => noticed.at = None,
        }
        drop(noticed);
        let has_changed = known.is_some() && destroyed.is_some() && known != destroyed;
        if has_changed {
            self.destructions.fetch_add(1, Ordering::AcqRel);
        }
        if has_changed || destroyed.is_none() {
            self.clear();
        }
    }

    fn noticed(&self) -> MutexGuard<'_, Noticed> {
        self.noticed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
