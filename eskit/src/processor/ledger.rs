use eskit_runtime::execute::Sleep as _;
use eskit_runtime::work::{BegunStep, EndedBy, StepEnd, StepHolder, StepId};
use eskit_runtime::{RetryPolicy, StoreError};

use crate::sleep::Timer;
use crate::steps::KeepsSteps;

/// Where the steps of a method are kept, and by what right.
#[derive(Clone)]
pub(super) struct Ledger<'a> {
    pub(super) views: &'a dyn KeepsSteps,
    pub(super) list: &'static str,
    pub(super) holder: StepHolder,
}

/// How often the end of a step is written at most, when the views cannot be reached: what is not written is unknown later.
const TRIES: u32 = 8;

impl Ledger<'_> {
    /// Begins a step.
    pub(super) async fn begin(&self, step: &str) -> Result<BegunStep, StoreError> {
        self.views.begin(self.list, self.holder.clone(), step.to_owned()).await
    }

    /// Ends a step. Tries again for a while.
    pub(super) async fn end(&self, step: &str, end: StepEnd) -> Result<bool, StoreError> {
        let id = StepId { owner: self.holder.owner(), name: step.to_owned() };
        let by = EndedBy::Holder(self.holder.epoch());
        let retry = RetryPolicy::default();
        for attempt in 1.. {
            match self.views.end(self.list, id.clone(), by, end.clone()).await {
                Err(error) if error.is_transient() && attempt < TRIES => Timer.sleep(retry.delay(attempt)).await,
                ended => return ended,
            }
        }
        Ok(false)
    }
}
