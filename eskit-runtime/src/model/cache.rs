use crate::model::aggregate::{Evolve, Scope};
use crate::model::loaded::Seen;

/// A cache of states between commands.
///
/// A cached state may be older than the log, and go at any time: [`execute`](crate::execute) appends under the condition that
/// it was not older, and looks at the log before it believes in a refusal. `()` caches nothing.
pub trait StateCache: Send + Sync {
    /// The state that is cached of this instance, and what it holds of the log.
    fn get<A: Evolve>(&self, scope: &Scope) -> Option<(A, Seen)>;

    /// Caches this state of this instance, if states of the type are to be cached. After one [without events](Seen::is_new)
    /// nothing is cached of the instance.
    fn put<A: Evolve>(&self, scope: &Scope, state: &A, seen: Seen);
}

impl StateCache for () {
    fn get<A: Evolve>(&self, _: &Scope) -> Option<(A, Seen)> {
        None
    }

    fn put<A: Evolve>(&self, _: &Scope, _: &A, _: Seen) {}
}
