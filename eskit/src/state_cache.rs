//! The states that an `App` caches between commands.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::hash::RandomState;
use std::sync::Arc;

use eskit_runtime::model::{Evolve, Scope, Seen, StateCache, Wanted};
use quick_cache::UnitWeighter;
use quick_cache::sync::{Cache, DefaultLifecycle};

use crate::state_snapshots::{Fetched, SnapshotCaches};

/// Room for so many states is set aside at once, however many may be cached.
const ROOM_MAX: usize = 1 << 16;

/// A cache for each type of aggregate whose states are cached.
#[derive(Clone, Default)]
pub(crate) struct StateCaches {
    by_type: HashMap<TypeId, Arc<dyn AnyStates>>,
    /// What outlives the process.
    pub(crate) snapshots: SnapshotCaches,
}

/// The states of one type, whichever that is.
trait AnyStates: Any + Send + Sync {
    #[cfg(feature = "personal")]
    fn clear(&self);
}

impl<A: Send + Sync + 'static> AnyStates for OfType<A> {
    #[cfg(feature = "personal")]
    fn clear(&self) {
        self.states.clear();
    }
}

/// The states of one type. That it can be cloned is known where the cache is asked for, and nowhere else.
struct OfType<A> {
    clone: fn(&A) -> A,
    states: Cache<Scope, Arc<(A, Seen)>, UnitWeighter, RandomState>,
}

impl StateCaches {
    /// Caches up to this many states of one type.
    pub(crate) fn add<A: Evolve + Clone>(&mut self, states: usize) {
        let (weight, lifecycle) = (states as u64, DefaultLifecycle::default());
        let states = Cache::with(states.min(ROOM_MAX), weight, UnitWeighter, RandomState::new(), lifecycle);
        self.by_type.insert(TypeId::of::<A>(), Arc::new(OfType::<A> { clone: A::clone, states }));
        #[cfg(feature = "metrics")]
        metrics::describe_counter!(
            "eskit_state_cache_finds_total",
            metrics::Unit::Count,
            "Instances whose cached state was looked for, by outcome"
        );
    }

    /// Forgets the state of one instance.
    pub(crate) fn forget<A: Evolve>(&self, scope: &Scope) {
        if let Some(cache) = self.of::<A>() {
            cache.states.remove(scope);
        }
    }

    /// Forgets the states of all instances of a type.
    pub(crate) fn forget_all<A: Evolve>(&self) {
        if let Some(cache) = self.of::<A>() {
            cache.states.clear();
        }
    }

    /// Forgets the states of all types.
    #[cfg(feature = "personal")]
    pub(crate) fn clear(&self) {
        self.by_type.values().for_each(|states| states.clear());
    }

    fn of<A: Evolve>(&self) -> Option<&OfType<A>> {
        let states: &dyn Any = &**self.by_type.get(&TypeId::of::<A>())?;
        states.downcast_ref()
    }
}

/// Counts a look for a cached state.
fn count(aggregate: &'static str, is_hit: bool) {
    #[cfg(feature = "metrics")]
    {
        let outcome = if is_hit { "hit" } else { "miss" };
        metrics::counter!("eskit_state_cache_finds_total", "aggregate" => aggregate, "outcome" => outcome).increment(1);
    }
    let _ = (aggregate, is_hit);
}

impl StateCache for StateCaches {
    type Fetched = Fetched;

    fn get<A: Evolve>(&self, scope: &Scope) -> Option<(A, Seen)> {
        let cache = self.of::<A>()?;
        let cached = cache.states.get(scope);
        count(A::TYPE.name, cached.is_some());
        cached.map(|cached| ((cache.clone)(&cached.0), cached.1))
    }

    fn put<A: Evolve>(&self, scope: &Scope, state: &A, seen: Seen) {
        self.snapshots.put(scope, state, seen);
        let Some(cache) = self.of::<A>() else { return };
        if seen.is_new() {
            cache.states.remove(scope);
        } else {
            cache.states.insert(scope.clone(), Arc::new(((cache.clone)(state), seen)));
        }
    }

    fn has_snapshots(&self, aggregate: TypeId) -> bool {
        self.snapshots.has(aggregate)
    }

    fn fetch(&self, wanted: Vec<Wanted>) -> impl Future<Output = Fetched> + Send {
        Fetched::fetch(self.snapshots.asked(wanted))
    }
}

impl fmt::Debug for StateCaches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StateCaches").field("types", &self.by_type.len()).finish_non_exhaustive()
    }
}
