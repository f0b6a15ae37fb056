//! Which stream an event goes to that a decider emits.

use crate::log::name::WireName;
use crate::log::new_event::NewEvent;
use crate::log::stream::StreamId;
use crate::model::aggregate::{Key, Scope};
use crate::model::models::{Instance, ModelType};

/// How far a model may claim an event for one of its streams.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claim {
    /// It evolves the event.
    Evolves,
    /// It passes over events that it does not evolve, so its streams may hold them.
    PassesOver,
}

impl Claim {
    /// The stronger claim first.
    pub(crate) const ALL: [Claim; 2] = [Claim::Evolves, Claim::PassesOver];

    /// The type of the streams for which a model has this claim on an event with this name. A model that is only read has none.
    pub(crate) const fn of(self, model: &ModelType, event: &str) -> Option<&'static str> {
        let Key::Stream(name) = model.aggregate.key else { return None };
        let claims = match self {
            Claim::Evolves => model.events.hold(event),
            Claim::PassesOver => model.aggregate.partial && !model.events.hold(event),
        };
        if claims { Some(name) } else { None }
    }
}

/// Gives each event its stream: the one that its own tag names, or else that of its home.
pub(crate) fn route(events: &mut [NewEvent], instances: (&[Instance], &[Scope]), models: &[ModelType]) {
    for event in events {
        event.stream = named(event, models).or_else(|| of_home(home(&event.name, models)?, instances));
    }
}

/// The stream that a tag of the event names.
fn named(event: &NewEvent, models: &[ModelType]) -> Option<StreamId> {
    let by = |claim: Claim| {
        models
            .iter()
            .filter_map(move |model| claim.of(model, &event.name))
            .find_map(|name| event.tags.values(name).next().map(|id| StreamId::new(WireName::from_static(name), id)))
    };
    Claim::ALL.into_iter().find_map(by)
}

fn of_home(home: usize, (at, scopes): (&[Instance], &[Scope])) -> Option<StreamId> {
    match scopes.get(at.iter().position(|at| at.model == home)?)? {
        Scope::Stream(stream) => Some(stream.clone()),
        Scope::Tags(_) | Scope::All => None,
    }
}

/// The model to whose stream an event goes that names none by a tag: the only one that is a stream and evolves it.
pub(crate) const fn home(event: &str, models: &[ModelType]) -> Option<usize> {
    let (mut home, mut i) = (None, 0);
    while i < models.len() {
        if Claim::Evolves.of(&models[i], event).is_some() {
            if home.is_some() || models[i].each {
                return None;
            }
            home = Some(i);
        }
        i += 1;
    }
    home
}
