//! Reads the events of a decision's models and folds them.

use std::collections::HashSet;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::codec::decode_error::{DecodeError, DecodeReason};
use crate::log::lifecycle::{StreamClosed, StreamInfo};
use crate::log::pages::Pages;
use crate::log::position::Place;
use crate::log::query::{Query, ReadOptions};
use crate::log::recorded::RecordedEvent;
use crate::log::store::EventStore;
use crate::log::store::error::{StoreError, StoreErrorKind};
use crate::model::aggregate::Scope;
use crate::model::cache::StateCache;
use crate::model::loaded::Seen;
use crate::model::models::Models;

use super::instances::Instances;

/// What to read for a decision: the instances of its models, and the query that unites them.
pub(crate) struct Plan<M, N> {
    pub(crate) instances: Instances,
    pub(crate) query: Arc<Query>,
    models: PhantomData<fn() -> (M, N)>,
}

/// The models of a decision, and what of the log they hold.
pub(crate) struct Folded<M> {
    pub(crate) state: M,
    /// What each instance of them has seen.
    pub(crate) seen: Vec<Seen>,
    /// Whether every instance was read as of the same head. One that was cached stands for itself.
    pub(crate) in_step: bool,
    /// Whether the log was like that, for all models at once, at some moment since the call began.
    pub(crate) is_current: bool,
    /// How many instances were cached or fetched.
    pub(crate) recalled: usize,
    /// How many events were folded since the models were initial, each as often as there are instances that it belongs to.
    pub(crate) events: u64,
}

/// Up to so many instances are read on each by itself, from where it stands; more of them together, from the lowest.
pub(super) const EACH_ALONE_MAX: usize = 16;

/// How often several models that were cached are looked at, each by itself, while others write to them.
const ROUNDS_MAX: usize = 3;

pub(crate) enum FoldError {
    Store(StoreError),
    Decode(DecodeError),
}

impl FoldError {
    /// Whether the log does not hold the place from which it was read on.
    pub(super) fn is_replaced(&self) -> bool {
        matches!(self, FoldError::Store(error) if error.kind() == StoreErrorKind::Replaced)
    }
}

impl<M> Folded<M> {
    /// Notes that every instance lacks nothing up to this place.
    pub(crate) fn reaches(&mut self, head: Place) {
        self.seen.iter_mut().for_each(|seen| seen.head = head);
    }

    /// The places that the log must hold for the models to be of it: none but one, unless some were cached.
    pub(crate) fn heads(&self) -> Vec<Place> {
        let (mut heads, mut known) = (Vec::with_capacity(1), HashSet::with_capacity(1));
        for Seen { head, .. } in &self.seen {
            if *head != Place::START && known.insert(*head) {
                heads.push(*head);
            }
        }
        heads
    }
}

impl<M: Models<N>, N> Plan<M, N> {
    pub(crate) fn new(instances: Instances) -> Plan<M, N> {
        let items = instances.items(M::LIST).map(|(_, item)| item);
        Plan { query: Arc::new(Query::any_of(items)), instances, models: PhantomData }
    }

    /// The models before their first event.
    pub(crate) fn initial(&self) -> Folded<M> {
        let seen = vec![Seen::default(); self.instances.len()];
        Folded {
            state: M::initial(self.instances.keys()),
            seen,
            in_step: true,
            is_current: false,
            recalled: 0,
            events: 0,
        }
    }

    /// How many instances are streams.
    pub(crate) fn stream_count(&self) -> usize {
        self.instances.scopes().iter().filter(|scope| matches!(scope, Scope::Stream(_))).count()
    }

    /// A stream of these models that was deleted. Looks only at those that hold no event, as a deleted one does.
    pub(crate) async fn deleted<S: EventStore>(
        &self,
        store: &S,
        seen: &[Seen],
    ) -> Result<Option<StreamClosed>, StoreError> {
        for (scope, seen) in self.instances.scopes().iter().zip(seen) {
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

    /// The query for some of the instances.
    pub(super) fn query_of(&self, is_asked: impl Fn(usize) -> bool) -> Query {
        let items = self.query.items().iter().enumerate().filter(|(index, _)| is_asked(*index));
        Query::any_of(items.map(|(_, item)| item.clone()))
    }

    /// How to read the instances: the more there are, the more it costs to begin a page.
    pub(super) fn options(&self) -> ReadOptions {
        let options = ReadOptions::default();
        let limit = options.limit.max(10 * self.instances.len());
        options.limit(limit)
    }

    /// Caches the models for later commands.
    pub(crate) fn cache(&self, folded: &Folded<M>, states: &impl StateCache) {
        (0..self.instances.len()).for_each(|index| self.cache_one(folded, index, states));
    }

    pub(super) fn cache_one(&self, folded: &Folded<M>, index: usize, states: &impl StateCache) {
        let (at, scope) = (self.instances.at()[index], &self.instances.scopes()[index]);
        folded.state.cache(at, scope, folded.seen[index], states);
    }

    /// Forgets what is cached of the models.
    pub(crate) fn forget(&self, states: &impl StateCache) {
        self.cache(&self.initial(), states);
    }

    /// Reads what was appended since, page after page, and folds every event into the models that it belongs to.
    pub(crate) async fn catch_up<S: EventStore>(&self, store: &S, folded: &mut Folded<M>) -> Result<(), FoldError> {
        if !folded.in_step {
            let caught_up = if self.instances.len() > EACH_ALONE_MAX {
                self.catch_up_from_lowest(store, folded).await?
            } else {
                self.catch_up_each(store, folded).await?
            };
            if caught_up {
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

    /// Reads on for all models at once, after the head at which all of them were read.
    async fn read_together<S: EventStore>(&self, store: &S, folded: &mut Folded<M>) -> Result<(), FoldError> {
        folded.is_current = true;
        let Some(Seen { head: after, .. }) = folded.seen.first() else { return Ok(()) };
        let mut pages = Pages::new(store, Arc::clone(&self.query), self.options().after(*after));
        while let Some(events) = pages.next().await.map_err(FoldError::Store)? {
            // With one instance every event that was read belongs to it.
            self.fold_into(folded, &events, self.instances.len() == 1).map_err(FoldError::Decode)?;
        }
        // Each page began where the one before ended, so the last one tells up to where nothing is missing.
        folded.reaches(pages.head());
        Ok(())
    }

    /// Reads on for all instances at once. Returns whether the last event that each of them held is still there; if not, they must
    /// be read from the beginning.
    async fn catch_up_from_lowest<S: EventStore>(&self, store: &S, folded: &mut Folded<M>) -> Result<bool, FoldError> {
        let all: Vec<usize> = (0..self.instances.len()).collect();
        let gone = self.read_from_lowest(store, folded, &all).await?;
        folded.in_step = true;
        Ok(gone.is_empty())
    }

    /// Reads on for these instances at once, from the lowest place where one of them stands. Returns those whose last event is no
    /// longer there.
    pub(super) async fn read_from_lowest<S: EventStore>(
        &self,
        store: &S,
        folded: &mut Folded<M>,
        asked: &[usize],
    ) -> Result<Vec<usize>, FoldError> {
        let mut is_asked = vec![false; self.instances.len()];
        asked.iter().for_each(|index| is_asked[*index] = true);
        // What holds events is read from the last of them, to see whether it is there.
        let from = |seen: &Seen| if seen.is_new() { seen.head.position } else { seen.last.position.previous() };
        let lowest = asked.iter().map(|index| from(&folded.seen[*index])).min().unwrap_or_default();
        let held: Vec<Place> = folded.seen.iter().map(|seen| seen.last).collect();
        let mut is_there: Vec<bool> = held.iter().map(|last| *last == Place::START).collect();
        let query = self.query_of(|index| is_asked[index]);
        let mut pages = Pages::new(store, query, self.options().after(lowest));
        loop {
            let events = match pages.next().await.map_err(FoldError::Store) {
                Ok(Some(events)) => events,
                Ok(None) => break,
                Err(error) if error.is_replaced() => return Ok(asked.to_vec()),
                Err(error) => return Err(error),
            };
            for event in &events {
                let fold = |index: usize| {
                    is_there[index] |= event.place() == held[index];
                    let is_new = is_asked[index] && event.position > held[index].position;
                    if is_new { self.apply_one(folded, index, event) } else { Ok(()) }
                };
                self.instances.of_event(event, fold).map_err(FoldError::Decode)?;
            }
        }
        asked.iter().for_each(|index| folded.seen[*index].head = pages.head());
        Ok(asked.iter().copied().filter(|index| !is_there[*index]).collect())
    }

    /// Reads on for each model by itself. Returns whether the models are now those of one moment; if not, they must be read
    /// together, from the beginning.
    async fn catch_up_each<S: EventStore>(&self, store: &S, folded: &mut Folded<M>) -> Result<bool, FoldError> {
        for _ in 0..ROUNDS_MAX {
            let mut is_quiet = true;
            for index in 0..self.instances.len() {
                match self.read_on(store, folded, index).await? {
                    Some(events) => is_quiet &= events == 0,
                    None => return Ok(false),
                }
            }
            // A round that found nothing says of each model that it was so when the round began.
            if is_quiet || self.instances.len() == 1 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Reads the events of one model after those that it holds, and folds them. Returns how many there were; `None` when the
    /// last event that the model holds is no longer there: its stream was deleted, or the log was replaced.
    pub(super) async fn read_on<S: EventStore>(
        &self,
        store: &S,
        folded: &mut Folded<M>,
        index: usize,
    ) -> Result<Option<usize>, FoldError> {
        let last = folded.seen[index].last;
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
        folded.seen[index].head = pages.head();
        Ok(is_there.then_some(count))
    }

    /// Folds events that were appended into the models that they belong to; a decision may concern other instances too.
    pub(crate) fn apply(&self, folded: &mut Folded<M>, events: &[RecordedEvent]) -> Result<(), DecodeError> {
        self.fold_into(folded, events, false)
    }

    /// Folds events into the instances that they belong to, or all of them into the only one.
    fn fold_into(&self, folded: &mut Folded<M>, events: &[RecordedEvent], all: bool) -> Result<(), DecodeError> {
        for event in events {
            if all {
                self.apply_one(folded, 0, event)?;
            } else {
                self.instances.of_event(event, |index| self.apply_one(folded, index, event))?;
            }
        }
        Ok(())
    }

    pub(super) fn apply_one(
        &self,
        folded: &mut Folded<M>,
        index: usize,
        event: &RecordedEvent,
    ) -> Result<(), DecodeError> {
        let at = self.instances.at()[index];
        folded.events += 1;
        let taken = folded.state.evolve(at, event)?;
        let (aggregate, seen) = (M::LIST[at.model].aggregate, &mut folded.seen[index]);
        match (&self.instances.scopes()[index], &event.stream) {
            (Scope::Stream(stream), Some(at)) if at.stream == *stream => {
                if !taken && !aggregate.partial {
                    return Err(event.undecodable(DecodeReason::NotEvolved { aggregate: aggregate.name }));
                }
                (seen.last, seen.version) = (event.place(), at.version);
            }
            (Scope::Tags(_) | Scope::All, stream) if taken => {
                (seen.last, seen.version) = (event.place(), seen.version + 1);
                seen.is_deletable |= stream.is_some();
            }
            _ => {}
        }
        Ok(())
    }
}
