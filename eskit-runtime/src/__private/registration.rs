//! What the macros enter into the registry.

use crate::model::aggregate::Evolve;
use crate::model::decider::{Decide, Emit};
use crate::model::models::Models;
use crate::model::registry::Entry;
use crate::subscription::Subscriber;

/// What the registry holds of an aggregate.
pub const fn aggregate_entry<A: Evolve>() -> Entry {
    Entry::Aggregate(A::TYPE, A::EVENTS)
}

/// What the registry holds of a decider.
pub const fn decider_entry<C: Decide>() -> Entry {
    let emits = <C::Events as Emit>::EMITS;
    Entry::Decider(C::TYPE, C::DECIDER, <C::State as Models<C::Count>>::LIST, emits)
}

/// What the registry holds of a projection.
pub const fn projection_entry<P: Subscriber>() -> Entry {
    Entry::Projection(P::TYPE, P::EVENTS, P::TAKES_ALL)
}
