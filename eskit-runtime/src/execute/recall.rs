//! The models of a decision from states that were kept: those that are cached, and those that are fetched.

use crate::log::pages::Pages;
use crate::log::store::EventStore;
use crate::model::cache::{StateCache, Wanted};
use crate::model::loaded::Seen;
use crate::model::models::Models;

use super::fold::{EACH_ALONE_MAX, FoldError, Folded, Plan};

impl<M: Models<N>, N> Plan<M, N> {
    /// The models as they are cached, or else as they are fetched and their events since. Those that are neither are read.
    pub(crate) async fn recall<S: EventStore>(
        &self,
        store: &S,
        states: &impl StateCache,
    ) -> Result<Folded<M>, FoldError> {
        let mut folded = self.initial();
        self.recall_from(states, &mut folded);
        let wanted = self.wanted(states, &folded);
        let mut fetched = Vec::new();
        if !wanted.is_empty() {
            let found = states.fetch(wanted).await;
            fetched = self.recall_from(&found, &mut folded);
        }
        folded.in_step = folded.seen.iter().all(Seen::is_new);
        if folded.in_step {
            self.catch_up(store, &mut folded).await?;
            return Ok(folded);
        }
        let is_missing: Vec<bool> = folded.seen.iter().map(Seen::is_new).collect();
        if !fetched.is_empty() {
            let gone = self.read_since(store, &mut folded, &fetched).await?;
            if !gone.is_empty() {
                // What was fetched is of a log that was replaced, or holds events of a stream that was deleted.
                let initial = self.initial();
                gone.into_iter().for_each(|index| self.cache_one(&initial, index, states));
                return self.fold(store).await;
            }
            folded.is_current = self.instances.len() == 1;
        }
        match self.read_missing(store, &mut folded, &is_missing).await {
            Err(error) if error.is_replaced() => self.fold(store).await,
            result => result.map(|()| folded),
        }
    }

    /// Puts the states that are cached in the place of those that hold nothing yet. Returns which.
    fn recall_from(&self, states: &impl StateCache, folded: &mut Folded<M>) -> Vec<usize> {
        let mut recalled = Vec::new();
        for (index, ((at, scope), seen)) in self.instances.iter().zip(&mut folded.seen).enumerate() {
            if seen.is_new()
                && let Some(cached) = folded.state.recall(at, scope, states)
            {
                *seen = cached;
                folded.recalled += 1;
                recalled.push(index);
            }
        }
        recalled
    }

    /// The instances that hold nothing yet, and may have a snapshot.
    fn wanted(&self, states: &impl StateCache, folded: &Folded<M>) -> Vec<Wanted> {
        let mut wanted = Vec::new();
        for ((at, scope), seen) in self.instances.iter().zip(&folded.seen) {
            let aggregate = (M::LIST[at.model].type_id)();
            if seen.is_new() && states.has_snapshots(aggregate) {
                wanted.push(Wanted { aggregate, scope: scope.clone() });
            }
        }
        wanted
    }

    /// Reads the events of these instances since. Returns those whose last event is no longer there.
    async fn read_since<S: EventStore>(
        &self,
        store: &S,
        folded: &mut Folded<M>,
        fetched: &[usize],
    ) -> Result<Vec<usize>, FoldError> {
        if fetched.len() > EACH_ALONE_MAX {
            return self.read_from_lowest(store, folded, fetched).await;
        }
        let mut gone = Vec::new();
        for index in fetched {
            if self.read_on(store, folded, *index).await?.is_none() {
                gone.push(*index);
            }
        }
        Ok(gone)
    }

    /// Reads the instances that are not cached, all of them together.
    async fn read_missing<S: EventStore>(
        &self,
        store: &S,
        folded: &mut Folded<M>,
        is_missing: &[bool],
    ) -> Result<(), FoldError> {
        let query = self.query_of(|index| is_missing[index]);
        if query.items().is_empty() {
            return Ok(());
        }
        let mut pages = Pages::new(store, query, self.options());
        while let Some(events) = pages.next().await.map_err(FoldError::Store)? {
            for event in &events {
                self.instances
                    .of_event(
                        event,
                        |index| {
                            if is_missing[index] { self.apply_one(folded, index, event) } else { Ok(()) }
                        },
                    )
                    .map_err(FoldError::Decode)?;
            }
        }
        let missing = folded.seen.iter_mut().zip(is_missing).filter(|(_, is_missing)| **is_missing);
        missing.for_each(|(seen, _)| seen.head = pages.head());
        Ok(())
    }
}
