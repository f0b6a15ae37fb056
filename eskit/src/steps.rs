//! The views that keep the steps of a processor, whatever the views are.

use std::future::Future;
use std::pin::Pin;

use eskit_runtime::StoreError;
use eskit_runtime::work::{BegunStep, EndedBy, OpenStep, StepEnd, StepHolder, StepId, Steps};

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

pub(crate) trait KeepsSteps: Send + Sync {
    fn begin(&self, list: &'static str, holder: StepHolder, step: String) -> Boxed<Result<BegunStep, StoreError>>;
    fn end(&self, list: &'static str, step: StepId, by: EndedBy, end: StepEnd) -> Boxed<Result<bool, StoreError>>;
    fn open(&self, list: &'static str) -> Boxed<Result<Vec<OpenStep>, StoreError>>;
}

impl<V: Steps> KeepsSteps for V {
    fn begin(&self, list: &'static str, holder: StepHolder, step: String) -> Boxed<Result<BegunStep, StoreError>> {
        let views = self.clone();
        Box::pin(async move { views.begin_step(list, holder, &step).await })
    }

    fn end(&self, list: &'static str, step: StepId, by: EndedBy, end: StepEnd) -> Boxed<Result<bool, StoreError>> {
        let views = self.clone();
        Box::pin(async move { views.end_step(list, &step, by, end).await })
    }

    fn open(&self, list: &'static str) -> Boxed<Result<Vec<OpenStep>, StoreError>> {
        let views = self.clone();
        Box::pin(async move { views.open_steps(list).await })
    }
}
