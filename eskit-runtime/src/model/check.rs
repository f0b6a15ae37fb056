//! Rules that need more than one item: checked in `const _` blocks of the generated code, at the user's own tokens.
//! Every text follows one form: what is wrong, then a `help:` line to paste.

mod bindings;
mod carries;
mod command;
mod emits;
mod ids;
mod instances;
mod names;
mod order;
mod personal;
mod refused;

use std::marker::PhantomData;

use crate::log::tag::Arity;
use crate::message::same;
use crate::model::aggregate::{Evolve, LoadKey};
use crate::model::decider::{Decide, DeciderType, Emit};
use crate::model::event::{EventTypes, TagField};
use crate::model::models::Models;

use carries::check_events_carry_key;
use command::{Decider, check_command};
use emits::{Emitting, check_visible};
use ids::{check_event_ids, check_given};

pub use names::check_previous;
pub(crate) use names::{is_same, refuse_shared};
pub use order::{check_order, check_ordered};
pub(crate) use personal::check_kept_events;
pub use personal::check_kept_states;
pub use refused::{check_not_refused, check_refused};

const fn one(arity: Arity) -> bool {
    matches!(arity, Arity::One)
}

/// How many of the tags have this key, and the place of the first.
const fn tags_with_key(tags: &[TagField], key: &str) -> (usize, usize) {
    let (mut found, mut first, mut i) = (0, 0, 0);
    while i < tags.len() {
        if same(tags[i].key, key) {
            if found == 0 {
                first = i;
            }
            found += 1;
        }
        i += 1;
    }
    (found, first)
}

/// The event that an aggregate's evolve method number `index` takes must carry the aggregate's tags, or it could never
/// arrive. In a stream it may come without.
#[track_caller]
pub const fn check_event<A: Evolve>(index: usize) {
    if let EventTypes::Many(sets) = A::EVENTS {
        check_events_carry_key(sets[index], A::TYPE, sets, index);
        check_event_ids(sets[index], A::TYPE, A::EVENTS);
    }
}

/// The values that select an instance must be one each, and of the types by which the aggregate is keyed.
#[track_caller]
pub const fn check_key<A: Evolve, K: LoadKey<A::Keys>>() -> CheckedKey<K> {
    check_given(K::UNCHECKED, A::TYPE, A::EVENTS);
    CheckedKey(PhantomData)
}

/// A type of key that was checked. The check belongs into a `const` block of the function that users call: then rustc names the
/// place of the call. Where that function has no name for the type, [`CheckedKey::of`] says which one it is.
#[derive(Debug)]
pub struct CheckedKey<K>(PhantomData<fn(K)>);

impl<K> CheckedKey<K> {
    /// Says that the key is of this type.
    pub fn of(self, _: &K) {}
}

/// The type that `#[aggregate(.., key = K)]` states must hold exactly one value.
#[track_caller]
pub const fn check_key_type(arity: Arity) {
    if !one(arity) {
        panic!(
            "the key of an aggregate holds exactly one value, and an `Option` or a list may hold none or several\nhelp: write the type of one id, as in `key = CourseId`"
        );
    }
}

/// The command must select one instance of model number `index` of its decider, and another than of any model before
/// it.
#[track_caller]
pub const fn check_model<C: Decide>(index: usize) {
    let DeciderType { bindings, method, .. } = *C::DECIDER;
    check_command(&Decider { command: C::TYPE, models: <C::State as Models<C::Count>>::LIST, bindings, method }, index);
}

/// What a decider emits must be evolved by one of its models, or be said to be for others, and have a place to go.
#[track_caller]
pub const fn check_decision<C: Decide>() {
    check_visible(C::TYPE, <C::Events as Emit>::EMITS);
    emitting::<C>().check(<C::Events as Emit>::EMITS);
}

/// Type number `index` of those that `unevolved(..)` names must be emitted, and evolved by no model.
#[track_caller]
pub const fn check_unevolved<C: Decide>(index: usize) {
    if let EventTypes::Many(sets) = C::DECIDER.unevolved {
        emitting::<C>().check_unevolved(sets[index], <C::Events as Emit>::EMITS);
    }
}

const fn emitting<C: Decide>() -> Emitting {
    Emitting { decider: C::DECIDER, models: <C::State as Models<C::Count>>::LIST }
}
