use std::any::TypeId;

use crate::codec::decode_error::DecodeError;
use crate::log::recorded::RecordedEvent;
use crate::model::aggregate::{Aggregate, AggregateType, Evolve, Scope};
use crate::model::cache::StateCache;
use crate::model::each::Each;
use crate::model::event::EventTypes;
use crate::model::loaded::Seen;

/// The description of one model of a decision, with its instances.
#[derive(Clone, Copy, Debug)]
pub struct ModelType {
    /// The aggregate.
    pub aggregate: &'static AggregateType,
    /// The events that it evolves.
    pub events: EventTypes,
    /// Whether the model is an [`Each`] of the aggregate: any number of instances, and not one.
    pub each: bool,
    /// The type of the aggregate.
    pub type_id: fn() -> TypeId,
}

/// A parameter of a decider after its command: an aggregate, or [`Each`] of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an aggregate that evolves events\nhelp: an aggregate has `#[aggregate(tag = \"..\")]` on it, and `#[decider] impl {Self} {{ #[evolve] fn happened(&mut self, event: &SomethingHappened) {{ .. }} }}`; what else a decider needs, such as the time, is a field of its command, which comes first",
    label = "not an aggregate with a `#[decider]` impl block"
)]
pub trait Model: Sized + Send + Sync {
    /// The aggregate.
    type Aggregate: Evolve;
    /// Whether there may be any number of instances.
    const EACH: bool;

    /// The instances with these keys, before their first events.
    fn initial(keys: &[String]) -> Self;

    /// The state of the instance with this index.
    fn state(&self, index: usize) -> Option<&Self::Aggregate>;

    /// The state of the instance with this index, to be changed.
    fn state_mut(&mut self, index: usize) -> Option<&mut Self::Aggregate>;

    /// A key that the decider used, but for which there is no instance.
    fn absent_key(&self) -> Option<&str>;
}

#[diagnostic::do_not_recommend]
impl<A: Evolve> Model for A {
    type Aggregate = A;
    const EACH: bool = false;

    fn initial(_: &[String]) -> A {
        A::initial()
    }

    fn state(&self, _: usize) -> Option<&A> {
        Some(self)
    }

    fn state_mut(&mut self, _: usize) -> Option<&mut A> {
        Some(self)
    }

    fn absent_key(&self) -> Option<&str> {
        None
    }
}

#[diagnostic::do_not_recommend]
impl<A: Evolve> Model for Each<A> {
    type Aggregate = A;
    const EACH: bool = true;

    fn initial(keys: &[String]) -> Each<A> {
        Each::new(keys)
    }

    fn state(&self, index: usize) -> Option<&A> {
        self.states().get(index)
    }

    fn state_mut(&mut self, index: usize) -> Option<&mut A> {
        self.states_mut().get_mut(index)
    }

    fn absent_key(&self) -> Option<&str> {
        Each::absent_key(self)
    }
}

/// What the program knows of a model.
const fn model_type<M: Model>() -> ModelType {
    ModelType {
        aggregate: M::Aggregate::TYPE,
        events: M::Aggregate::EVENTS,
        each: M::EACH,
        type_id: TypeId::of::<M::Aggregate>,
    }
}

/// One instance of one model: the index of the model, and that of the instance among those of the model.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Instance {
    /// The index of the model.
    pub model: usize,
    /// The index of the instance; 0 for an aggregate.
    pub index: usize,
}

/// The number of models of one decision: `Count<1>`, `Count<2>`, and so on.
#[derive(Debug)]
pub struct Count<const N: usize>;

/// The models of one decision: an aggregate or [`Each`] of one, a tuple of up to eight, or `()` for none. `N` is their [`Count`]: where a tuple
/// could be one model as well as several, the compiler would not say which of its types is none.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an aggregate that evolves events\nhelp: an aggregate has `#[aggregate(tag = \"..\")]` on it, and `#[decider] impl {Self} {{ #[evolve] fn happened(&mut self, event: &SomethingHappened) {{ .. }} }}`; what else a decider needs, such as the time, is a field of its command, which comes first",
    label = "not an aggregate with a `#[decider]` impl block"
)]
pub trait Models<N>: Sized + Send {
    /// The description of each model, in order.
    const LIST: &'static [ModelType];

    /// The models before their first events; `keys` holds the keys of the instances of each.
    fn initial(keys: &[Vec<String>]) -> Self;

    /// Folds one event into an instance. Returns `false` for an event that it does not take.
    ///
    /// # Errors
    /// The payload cannot be read.
    fn evolve(&mut self, at: Instance, event: &RecordedEvent) -> Result<bool, DecodeError>;

    /// Replaces an instance by the state that is cached of it. Returns where that state stands; `None` when there is
    /// none.
    fn recall(&mut self, at: Instance, scope: &Scope, states: &impl StateCache) -> Option<Seen>;

    /// Caches an instance, which stands at this place.
    fn cache(&self, at: Instance, scope: &Scope, seen: Seen, states: &impl StateCache);

    /// The first model of which a decider asked for an instance that it does not have, and the key.
    fn absent_key(&self) -> Option<(&'static AggregateType, &str)>;
}

fn evolve<M: Model>(model: &mut M, index: usize, event: &RecordedEvent) -> Result<bool, DecodeError> {
    model.state_mut(index).map_or(Ok(false), |state| Evolve::evolve(state, event))
}

fn recall<M: Model>(model: &mut M, index: usize, scope: &Scope, states: &impl StateCache) -> Option<Seen> {
    let state = model.state_mut(index)?;
    let (cached, seen) = states.get::<M::Aggregate>(scope)?;
    *state = cached;
    Some(seen)
}

fn cache<M: Model>(model: &M, index: usize, scope: &Scope, seen: Seen, states: &impl StateCache) {
    if let Some(state) = model.state(index) {
        states.put::<M::Aggregate>(scope, state, seen);
    }
}

fn absent_key<M: Model>(model: &M) -> Option<(&'static AggregateType, &str)> {
    model.absent_key().map(|key| (M::Aggregate::TYPE, key))
}

fn keys_of(keys: &[Vec<String>], model: usize) -> &[String] {
    keys.get(model).map_or(&[], Vec::as_slice)
}

#[diagnostic::do_not_recommend]
impl<M: Model> Models<Count<1>> for M {
    const LIST: &'static [ModelType] = &[model_type::<M>()];

    fn initial(keys: &[Vec<String>]) -> M {
        Model::initial(keys_of(keys, 0))
    }

    fn evolve(&mut self, at: Instance, event: &RecordedEvent) -> Result<bool, DecodeError> {
        evolve(self, at.index, event)
    }

    fn recall(&mut self, at: Instance, scope: &Scope, states: &impl StateCache) -> Option<Seen> {
        recall(self, at.index, scope, states)
    }

    fn cache(&self, at: Instance, scope: &Scope, seen: Seen, states: &impl StateCache) {
        cache(self, at.index, scope, seen, states);
    }

    fn absent_key(&self) -> Option<(&'static AggregateType, &str)> {
        absent_key(self)
    }
}

/// No models, for a decider that records facts whatever happened before.
impl Models<Count<0>> for () {
    const LIST: &'static [ModelType] = &[];

    fn initial(_: &[Vec<String>]) {}

    fn evolve(&mut self, _: Instance, _: &RecordedEvent) -> Result<bool, DecodeError> {
        Ok(false)
    }

    fn recall(&mut self, _: Instance, _: &Scope, _: &impl StateCache) -> Option<Seen> {
        None
    }

    fn cache(&self, _: Instance, _: &Scope, _: Seen, _: &impl StateCache) {}

    fn absent_key(&self) -> Option<(&'static AggregateType, &str)> {
        None
    }
}

macro_rules! models {
    ($len:literal: $($name:ident $index:tt),*) => {
        impl<$($name: Model),*> Models<Count<$len>> for ($($name,)*) {
            const LIST: &'static [ModelType] = &[$(model_type::<$name>()),*];

            fn initial(keys: &[Vec<String>]) -> Self {
                ($($name::initial(keys_of(keys, $index)),)*)
            }

            fn evolve(&mut self, at: Instance, event: &RecordedEvent) -> Result<bool, DecodeError> {
                match at.model {
                    $($index => evolve(&mut self.$index, at.index, event),)*
                    _ => Ok(false),
                }
            }

            fn recall(&mut self, at: Instance, scope: &Scope, states: &impl StateCache) -> Option<Seen> {
                match at.model {
                    $($index => recall(&mut self.$index, at.index, scope, states),)*
                    _ => None,
                }
            }

            fn cache(&self, at: Instance, scope: &Scope, seen: Seen, states: &impl StateCache) {
                match at.model {
                    $($index => cache(&self.$index, at.index, scope, seen, states),)*
                    _ => {}
                }
            }

            fn absent_key(&self) -> Option<(&'static AggregateType, &str)> {
                let absent = None;
                $(let absent = absent.or_else(|| absent_key(&self.$index));)*
                absent
            }
        }
    };
}

models!(2: A 0, B 1);
models!(3: A 0, B 1, C 2);
models!(4: A 0, B 1, C 2, D 3);
models!(5: A 0, B 1, C 2, D 3, E 4);
models!(6: A 0, B 1, C 2, D 3, E 4, F 5);
models!(7: A 0, B 1, C 2, D 3, E 4, F 5, G 6);
models!(8: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
