//! What the macros enter into the registry.

use crate::model::aggregate::Evolve;
use crate::model::decider::{Decide, Emit};
use crate::model::models::Models;
use crate::model::registry::{Entry, SubscriberEntry};
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

/// What the registry holds of a projection or a processor.
pub const fn subscriber_entry<P: Subscriber>() -> Entry {
    Entry::Subscriber(SubscriberEntry {
        subscriber: P::TYPE,
        events: P::EVENTS,
        takes_all: P::TAKES_ALL,
        acts: P::ACTS,
        personal: P::PERSONAL,
    })
}
