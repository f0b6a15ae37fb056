use std::any::TypeId;
use std::future::{Future, ready};

use crate::model::aggregate::{Evolve, Scope};
use crate::model::loaded::Seen;

/// A cache of states between commands.
///
/// A cached state may be older than the log, and go at any time: [`execute`](crate::execute) appends under the condition that
/// it was not older, and looks at the log before it believes in a refusal. `()` caches nothing.
pub trait StateCache: Send + Sync {
    /// What was fetched: the states that [`StateCache::fetch`] found.
    type Fetched: StateCache;

    /// The state that is cached of this instance, and what it holds of the log.
    fn get<A: Evolve>(&self, scope: &Scope) -> Option<(A, Seen)>;

    /// Caches this state of this instance, if states of the type are to be cached. After one [without events](Seen::is_new)
    /// nothing is cached of the instance.
    fn put<A: Evolve>(&self, scope: &Scope, state: &A, seen: Seen);

    /// Whether states of this type are also kept outside of the process, as snapshots.
    fn has_snapshots(&self, aggregate: TypeId) -> bool;

    /// Looks for the snapshots of these instances, of which nothing is cached. They are mostly older than the log, so their events
    /// since are read before anything is decided. It must not take long, and has no error: what is not found is read from the log.
    fn fetch(&self, wanted: Vec<Wanted>) -> impl Future<Output = Self::Fetched> + Send;
}

/// An instance whose state is looked for.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Wanted {
    /// The type of the aggregate.
    pub aggregate: TypeId,
    /// The instance.
    pub scope: Scope,
}

impl<T: StateCache> StateCache for &T {
    type Fetched = T::Fetched;

    fn get<A: Evolve>(&self, scope: &Scope) -> Option<(A, Seen)> {
        T::get(self, scope)
    }

    fn put<A: Evolve>(&self, scope: &Scope, state: &A, seen: Seen) {
        T::put(self, scope, state, seen);
    }

    fn has_snapshots(&self, aggregate: TypeId) -> bool {
        T::has_snapshots(self, aggregate)
    }

    fn fetch(&self, wanted: Vec<Wanted>) -> impl Future<Output = T::Fetched> + Send {
        T::fetch(self, wanted)
    }
}

impl StateCache for () {
    type Fetched = ();

    fn get<A: Evolve>(&self, _: &Scope) -> Option<(A, Seen)> {
        None
    }

    fn put<A: Evolve>(&self, _: &Scope, _: &A, _: Seen) {}

    fn has_snapshots(&self, _: TypeId) -> bool {
        false
    }

    fn fetch(&self, _: Vec<Wanted>) -> impl Future<Output = ()> + Send {
        ready(())
    }
}
