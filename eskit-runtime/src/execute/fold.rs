//! Reads the events of a decision's models and folds them.

use std::marker::PhantomData;
use std::sync::Arc;

use crate::aggregate::{Loaded, Models, Scope};
use crate::cache::StateCache;
use crate::lifecycle::{StreamClosed, StreamInfo};
use crate::pages::Pages;
use crate::payload::{DecodeError, DecodeReason};
use crate::position::Place;
use crate::query::{Query, ReadOptions};
use crate::recorded::RecordedEvent;
use crate::store::{EventStore, StoreError, StoreErrorKind};

/// What to read for a decision: the scope of each model, and the query that unites them.
pub(crate) struct Plan<M, N> {
    pub(crate) scopes: Vec<Scope>,
    pub(crate) query: Arc<Query>,
    models: PhantomData<fn() -> (M, N)>,
}

/// The models of a decision, and what of the log they hold.
pub(crate) struct Folded<M> {
    pub(crate) state: M,
    /// What each model has seen.
    pub(crate) models: Vec<Loaded<()>>,
    /// Whether every model was read as of the same head. One that was cached stands for itself.
    pub(crate) in_step: bool,
    /// Whether the log was like that, for all models at once, at some moment since the call began.
    pub(crate) is_current: bool,
}

/// How often several models that were cached are looked at, each by itself, while others write to them.
const ROUNDS_MAX: usize = 3;

pub(crate) enum FoldError {
    Store(StoreError),
    Decode(DecodeError),
}

impl FoldError {
    /// Whether the log does not hold the place from which it was read on.
    fn is_replaced(&self) -> bool {
        matches!(self, FoldError::Store(error) if error.kind() == StoreErrorKind::Replaced)
    }
}

impl<M> Folded<M> {
    /// Notes that every model lacks nothing up to this place.
    pub(crate) fn reaches(&mut self, head: Place) {
        self.models.iter_mut().for_each(|model| model.head = head);
    }

    /// The places that the log must hold for the models to be of it: none but one, unless some were cached.
    pub(crate) fn heads(&self) -> Vec<Place> {
        let mut heads: Vec<Place> = Vec::with_capacity(1);
        for model in &self.models {
            if model.head != Place::START && !heads.contains(&model.head) {
                heads.push(model.head);
            }
        }
        heads
    }
}

impl<M: Models<N>, N> Plan<M, N> {
    pub(crate) fn new(scopes: Vec<Scope>) -> Plan<M, N> {
        let items = scopes.iter().zip(M::LIST).map(|(scope, (_, events))| scope.query_item(*events));
        Plan { query: Arc::new(Query::any_of(items)), scopes, models: PhantomData }
    }

    /// The models before their first event.
    pub(crate) fn initial(&self) -> Folded<M> {
        let models = vec![Loaded::default(); self.scopes.len()];
        Folded { state: M::initial(), models, in_step: true, is_current: false }
    }

    /// How many models are streams.
    pub(crate) fn stream_count(&self) -> usize {
        self.scopes.iter().filter(|scope| matches!(scope, Scope::Stream(_))).count()
    }

    /// A stream of these models that was deleted. Looks only at those that hold no event, as a deleted one does.
    pub(crate) async fn deleted<S: EventStore>(
        &self,
        store: &S,
        models: &[Loaded<()>],
    ) -> Result<Option<StreamClosed>, StoreError> {
        for (scope, seen) in self.scopes.iter().zip(models) {
            let Scope::Stream(stream) = scope else { continue };
            if seen.version > 0 {
                continue;
            }
            let StreamInfo { status, .. } = store.stream_info(stream).await?;
            if status.is_deleted() {
                return Ok(Some(StreamClosed::new(stream.clone(), status)));
            }
        }
        Ok(None)
    }

    /// The models as the log has them.
    pub(crate) async fn fold<S: EventStore>(&self, store: &S) -> Result<Folded<M>, FoldError> {
        let mut folded = self.initial();
        self.catch_up(store, &mut folded).await?;
        Ok(folded)
    }

    /// The models as they are cached. Those that are not are read.
    pub(crate) async fn recall<S: EventStore>(
        &self,
        store: &S,
        states: &impl StateCache,
    ) -> Result<Folded<M>, FoldError> {
        let mut folded = self.initial();
        for (index, scope) in self.scopes.iter().enumerate() {
            if let Some(seen) = folded.state.recall(index, scope, states) {
                folded.models[index] = seen;
                folded.in_step = false;
            }
        }
        if folded.in_step {
            self.catch_up(store, &mut folded).await?;
            return Ok(folded);
        }
        for index in 0..self.scopes.len() {
            if folded.models[index].is_new() && self.read_on(store, &mut folded, index).await?.is_none() {
                return self.fold(store).await;
            }
        }
        Ok(folded)
    }

    /// Caches the models for later commands.
    pub(crate) fn cache(&self, folded: &Folded<M>, states: &impl StateCache) {
        for (index, (scope, seen)) in self.scopes.iter().zip(&folded.models).enumerate() {
            folded.state.cache(index, scope, seen, states);
        }
    }

    /// Forgets what is cached of the models.
    pub(crate) fn forget(&self, states: &impl StateCache) {
        self.cache(&self.initial(), states);
    }

    /// Reads what was appended since, page after page, and folds every event into the models that it belongs to.
    pub(crate) async fn catch_up<S: EventStore>(&self, store: &S, folded: &mut Folded<M>) -> Result<(), FoldError> {
        if !folded.in_step {
            if self.catch_up_each(store, folded).await? {
                folded.is_current = true;
                return Ok(());
            }
            *folded = self.initial();
        }
        match self.read_together(store, folded).await {
            // What was read so far is gone.
            Err(error) if error.is_replaced() => {
                *folded = self.initial();
                self.read_together(store, folded).await
            }
            result => result,
        }
    }

    /// Reads on for all models at once, behind the head as of which all of them were read.
    async fn read_together<S: EventStore>(&self, store: &S, folded: &mut Folded<M>) -> Result<(), FoldError> {
        let after = folded.models.first().map_or(Place::START, |seen| seen.head);
        let mut pages = Pages::new(store, Arc::clone(&self.query), ReadOptions::default().after(after));
        while let Some(events) = pages.next().await.map_err(FoldError::Store)? {
            // With one model every event that was read belongs to it.
            self.fold_into(folded, &events, self.scopes.len() == 1).map_err(FoldError::Decode)?;
        }
        // Each page began where the one before ended, so the last one tells up to where nothing is missing.
        folded.reaches(pages.head());
        folded.is_current = true;
        Ok(())
    }

    /// Reads on for each model by itself. Returns whether the models are now those of one moment; if not, they must be read
    /// together, from the beginning.
    async fn catch_up_each<S: EventStore>(&self, store: &S, folded: &mut Folded<M>) -> Result<bool, FoldError> {
        for _ in 0..ROUNDS_MAX {
            let mut is_quiet = true;
            for index in 0..self.scopes.len() {
                match self.read_on(store, folded, index).await? {
                    Some(events) => is_quiet &= events == 0,
                    None => return Ok(false),
                }
            }
            // A round that found nothing says of each model that it was so when the round began.
            if is_quiet || self.scopes.len() == 1 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Reads the events of one model behind those that it holds, and folds them. Returns how many there were; `None` when the
    /// last event that the model holds is no longer there: its stream was deleted, or the log was replaced.
    async fn read_on<S: EventStore>(
        &self,
        store: &S,
        folded: &mut Folded<M>,
        index: usize,
    ) -> Result<Option<usize>, FoldError> {
        let last = folded.models[index].last;
        let query = Query::from(self.query.items()[index].clone());
        let from_last = ReadOptions::default().after(last.position.previous());
        let mut pages = Pages::new(store, query, from_last);
        let (mut is_there, mut count) = (last == Place::START, 0);
        loop {
            let events = match pages.next().await.map_err(FoldError::Store) {
                Ok(Some(events)) => events,
                Ok(None) => break,
                Err(error) if error.is_replaced() => return Ok(None),
                Err(error) => return Err(error),
            };
            let mut new = events.as_slice();
            if !is_there {
                match events.split_first() {
                    Some((first, rest)) if first.place() == last => new = rest,
                    _ => return Ok(None),
                }
                is_there = true;
            }
            for event in new {
                self.apply_one(folded, index, event).map_err(FoldError::Decode)?;
            }
            count += new.len();
        }
        folded.models[index].head = pages.head();
        Ok(is_there.then_some(count))
    }

    /// Folds events that were appended into the models that they belong to; a decision may concern other instances too.
    pub(crate) fn apply(&self, folded: &mut Folded<M>, events: &[RecordedEvent]) -> Result<(), DecodeError> {
        self.fold_into(folded, events, false)
    }

    /// Folds events into the models that they belong to, or into all.
    fn fold_into(&self, folded: &mut Folded<M>, events: &[RecordedEvent], all: bool) -> Result<(), DecodeError> {
        for event in events {
            for (index, scope) in self.scopes.iter().enumerate() {
                if all || scope.holds(event) {
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
                (seen.last, seen.version) = (event.place(), at.version);
            }
            (Scope::Tags(_), _) if taken => (seen.last, seen.version) = (event.place(), seen.version + 1),
            _ => {}
        }
        Ok(())
    }
}
