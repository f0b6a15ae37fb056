use std::fmt;
use std::sync::Arc;

use eskit_runtime::StoreError;
use eskit_runtime::log::StoreErrorKind;
use eskit_runtime::work::{EndedBy, OpenStep, StepEnd, StepId, write_result};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::steps::KeepsSteps;

/// The [steps](crate::processor::Effect::once) of a processor that were begun and have not ended, from
/// [`Running::steps`](crate::Running::steps): those whose outcome is unknown, and those that are under way.
pub struct StepList {
    processor: &'static str,
    views: Arc<dyn KeepsSteps>,
}

impl StepList {
    pub(super) fn new(processor: &'static str, views: Arc<dyn KeepsSteps>) -> StepList {
        StepList { processor, views }
    }

    /// The first 1,000 of them. The owner of a step is the id of its to-do or its event.
    ///
    /// # Errors
    /// The views failed.
    pub async fn open(&self) -> Result<Vec<OpenStep>, StoreError> {
        self.views.open(self.processor).await
    }

    /// Says that a step has happened, and with what result: the type that the step returns. The next try goes on with it, so let the
    /// to-do or the event be tried again. A result that is there already is replaced, for example one of another type, which the method
    /// cannot read. Returns whether there is such a step.
    ///
    /// # Errors
    /// The views failed, or the result cannot be kept.
    pub async fn happened<T: Serialize + DeserializeOwned>(
        &self,
        step: &StepId,
        result: &T,
    ) -> Result<bool, StoreError> {
        let text = write_result(&step.name, result).map_err(|why| StoreError::new(StoreErrorKind::Invalid, why))?;
        self.end(step, StepEnd::Happened(text)).await
    }

    /// Says that a step did not happen. The next try lets it happen, so let the to-do or the event be tried again. Returns whether there
    /// is such a step that has not ended.
    ///
    /// # Errors
    /// The views failed.
    pub async fn did_not_happen(&self, step: &StepId) -> Result<bool, StoreError> {
        self.end(step, StepEnd::DidNotHappen).await
    }

    async fn end(&self, step: &StepId, end: StepEnd) -> Result<bool, StoreError> {
        self.views.end(self.processor, step.clone(), EndedBy::Hand, end).await
    }
}

impl fmt::Debug for StepList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StepList").field("processor", &self.processor).finish_non_exhaustive()
    }
}
