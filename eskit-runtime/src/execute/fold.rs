//! Reads the events of a decision's models and folds them.

use std::marker::PhantomData;
use std::sync::Arc;

use crate::aggregate::{Key, Models, Scope};
use crate::pages::Pages;
use crate::payload::{DecodeError, DecodeReason};
use crate::position::Position;
use crate::query::{Query, ReadOptions};
use crate::recorded::RecordedEvent;
use crate::store::{EventStore, StoreError};

/// What to read for a decision: the scope of each model, and the query that unites them.
pub(crate) struct Plan<M> {
    pub(crate) scopes: Vec<Scope>,
    pub(crate) query: Arc<Query>,
    models: PhantomData<fn() -> M>,
}

/// The models of a decision, and what of the log they hold.
pub(crate) struct Folded<M> {
    pub(crate) state: M,
    pub(crate) models: Vec<Seen>,
}

/// What one model has seen.
#[derive(Clone, Copy, Default)]
pub(crate) struct Seen {
    /// The position of its last event.
    pub(crate) last: Position,
    /// The version of its stream, or the number of its events.
    pub(crate) version: u64,
}

pub(crate) enum FoldError {
    Store(StoreError),
    Decode(DecodeError),
}

impl<M: Models> Plan<M> {
    pub(crate) fn new(scopes: Vec<Scope>) -> Plan<M> {
        let items = scopes.iter().zip(M::LIST).map(|(scope, (_, events))| scope.query_item(*events));
        Plan { query: Arc::new(Query::any_of(items)), scopes, models: PhantomData }
    }

    /// Each model's key and scope.
    pub(crate) fn keyed_scopes(&self) -> Vec<(Key, Scope)> {
        self.scopes.iter().zip(M::LIST).map(|(scope, (aggregate, _))| (aggregate.key, scope.clone())).collect()
    }

    /// How many models are streams.
    pub(crate) fn stream_count(&self) -> usize {
        self.scopes.iter().filter(|scope| matches!(scope, Scope::Stream(_))).count()
    }

    /// Reads page after page and folds every event into the models that it belongs to.
    pub(crate) async fn fold<S: EventStore>(&self, store: &S) -> Result<Folded<M>, FoldError> {
        let mut folded = Folded { state: M::initial(), models: vec![Seen::default(); self.scopes.len()] };
        let mut pages = Pages::new(store, Arc::clone(&self.query), ReadOptions::default());
        while let Some(events) = pages.next().await.map_err(FoldError::Store)? {
            self.apply(&mut folded, &events).map_err(FoldError::Decode)?;
        }
        Ok(folded)
    }

    /// Folds these events into the models that they belong to.
    pub(crate) fn apply(&self, folded: &mut Folded<M>, events: &[RecordedEvent]) -> Result<(), DecodeError> {
        // With one model every event that was read belongs to it.
        let alone = self.scopes.len() == 1;
        for event in events {
            for (index, scope) in self.scopes.iter().enumerate() {
                if alone || scope.holds(event) {
                    self.apply_one(folded, index, event)?;
                }
            }
        }
        Ok(())
    }

    fn apply_one(&self, folded: &mut Folded<M>, index: usize, event: &RecordedEvent) -> Result<(), DecodeError> {
        let taken = folded.state.evolve(index, event)?;
        let seen = &mut folded.models[index];
        match (&self.scopes[index], &event.stream) {
            (Scope::Stream(stream), Some(at)) if at.stream == *stream => {
                if !taken && !M::LIST[index].0.partial {
                    return Err(event.undecodable(DecodeReason::NotEvolved { aggregate: M::LIST[index].0.name }));
                }
                *seen = Seen { last: event.position, version: at.version };
            }
            (Scope::Tags(_), _) if taken => *seen = Seen { last: event.position, version: seen.version + 1 },
            _ => {}
        }
        Ok(())
    }
}
