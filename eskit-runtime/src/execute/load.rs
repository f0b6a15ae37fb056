//! Reading the models of a decision, as a step of its command.

use crate::log::store::EventStore;
use crate::model::cache::StateCache;
use crate::model::models::Models;

use super::fold::{FoldError, Folded, Plan};
use super::spans::StepSpan;

impl<M: Models<N>, N> Plan<M, N> {
    /// Reads the models, or takes what is cached of them.
    pub(super) async fn load<S: EventStore>(
        &self,
        store: &S,
        states: &impl StateCache,
    ) -> Result<Folded<M>, FoldError> {
        let span = StepSpan::load(self.instances.len());
        let folded = span.around(self.recall(store, states)).await;
        if let Ok(folded) = &folded {
            span.loaded(folded.events, folded.recalled);
        }
        folded
    }

    /// Reads what was appended since the models were read.
    pub(super) async fn load_on<S: EventStore>(&self, store: &S, folded: &mut Folded<M>) -> Result<(), FoldError> {
        let span = StepSpan::load(self.instances.len());
        folded.events = 0;
        span.around(self.catch_up(store, folded)).await?;
        span.loaded(folded.events, 0);
        Ok(())
    }
}
