//! The states that an `App` caches between commands.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::hash::RandomState;
use std::sync::Arc;

use eskit_runtime::model::{Evolve, Scope, Seen, StateCache};
use quick_cache::UnitWeighter;
use quick_cache::sync::{Cache, DefaultLifecycle};

/// Room for so many states is set aside at once, however many may be cached.
const ROOM_MAX: usize = 1 << 16;

/// A cache for each type of aggregate whose states are cached.
#[derive(Clone, Default)]
pub(crate) struct StateCaches {
    by_type: HashMap<TypeId, Arc<dyn Any + Send + Sync>>,
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
    }

    fn of<A: Evolve>(&self) -> Option<&OfType<A>> {
        self.by_type.get(&TypeId::of::<A>())?.downcast_ref()
    }
}

impl StateCache for StateCaches {
    fn get<A: Evolve>(&self, scope: &Scope) -> Option<(A, Seen)> {
        let cache = self.of::<A>()?;
        cache.states.get(scope).map(|cached| ((cache.clone)(&cached.0), cached.1))
    }

    fn put<A: Evolve>(&self, scope: &Scope, state: &A, seen: Seen) {
        let Some(cache) = self.of::<A>() else { return };
        if seen.is_new() {
            cache.states.remove(scope);
        } else {
            cache.states.insert(scope.clone(), Arc::new(((cache.clone)(state), seen)));
        }
    }
}

impl fmt::Debug for StateCaches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StateCaches").field("types", &self.by_type.len()).finish_non_exhaustive()
    }
}
