use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::log::position::{Place, Position};
use crate::model::aggregate::Scope;
use crate::model::models::Models;

use super::fold::{Folded, Plan};

/// The most models of a decision that are kept.
const MODELS_MAX: usize = 100;

/// What a command was decided on: why an event exists.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Decision {
    /// The instances of the models that were read, in the order of the decider's parameters: the first 100.
    pub models: Vec<DecidedOn>,
    /// How many more instances there were.
    #[serde(default)]
    pub omitted: u64,
}

/// One instance of a model, as a decision was made on it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DecidedOn {
    /// The name of the aggregate: that of its Rust type.
    pub model: String,
    /// Which instance: its stream, or its tags; empty for an aggregate of all events.
    pub key: String,
    /// For a stream aggregate, the version of the stream; otherwise the number of events.
    pub version: u64,
    /// The last event of the state; [`Place::START`] if there was none.
    pub last: Place,
    /// The condition under which the events were appended.
    pub condition: DecisionCondition,
}

/// What must hold for what was decided on a state to be appended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DecisionCondition {
    /// Nothing: the command was executed without a condition.
    None,
    /// The stream still has this version.
    Version(u64),
    /// No event that the model evolves, and that is of this instance, is after this position.
    NoEventsAfter(Position),
}

impl fmt::Display for DecisionCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DecisionCondition::None => f.write_str("none"),
            DecisionCondition::Version(version) => write!(f, "version {version}"),
            DecisionCondition::NoEventsAfter(position) => write!(f, "no events after position {position}"),
        }
    }
}

/// Where an execution notes what it decided on, in [`ExecuteOptions::note`](super::ExecuteOptions::note). Clones are the same note.
#[derive(Clone, Debug, Default)]
pub struct DecisionNote(Arc<Mutex<Option<Decision>>>);

impl DecisionNote {
    /// The last decision that was made, if there was one.
    pub fn read(&self) -> Option<Decision> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn write<M: Models<N>, N>(&self, plan: &Plan<M, N>, folded: &Folded<M>, is_conditional: bool) {
        let decision = Decision::of(plan, folded, is_conditional);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(decision);
    }
}

/// Whether they are the same note.
impl PartialEq for DecisionNote {
    fn eq(&self, other: &DecisionNote) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Decision {
    fn of<M: Models<N>, N>(plan: &Plan<M, N>, folded: &Folded<M>, is_conditional: bool) -> Decision {
        let instances = plan.instances.iter().zip(&folded.seen);
        let models = instances.take(MODELS_MAX).filter_map(|((at, scope), seen)| {
            let condition = match scope {
                _ if !is_conditional => DecisionCondition::None,
                Scope::Stream(_) => DecisionCondition::Version(seen.version),
                Scope::Tags(_) | Scope::All => DecisionCondition::NoEventsAfter(seen.head.position),
            };
            let model = M::LIST.get(at.model)?.aggregate.name.to_owned();
            Some(DecidedOn { model, key: key_of(scope), version: seen.version, last: seen.last, condition })
        });
        let omitted = plan.instances.len().saturating_sub(MODELS_MAX) as u64;
        Decision { models: models.collect(), omitted }
    }
}

fn key_of(scope: &Scope) -> String {
    match scope {
        Scope::Stream(stream) => stream.to_string(),
        Scope::Tags(tags) => tags.iter().map(|tag| tag.as_str()).collect::<Vec<_>>().join(", "),
        Scope::All => String::new(),
    }
}
