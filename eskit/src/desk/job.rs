use std::future::Future;
use std::sync::Arc;

use eskit_runtime::subscription::HandleError;
use eskit_runtime::work::{Outcome, WorkItem, WorkOptions};
use eskit_runtime::{Metadata, RecordedEvent, StoreError};

/// What does the items of a list.
pub(crate) trait Does: Send + Sync + 'static {
    /// The name of the list.
    fn list(&self) -> &'static str;

    /// The kinds of items that it does.
    fn kinds(&self) -> Vec<String>;

    fn options(&self) -> WorkOptions;

    /// The metadata of what led to an item.
    #[cfg_attr(not(feature = "tracing"), allow(dead_code, reason = "only traces go on from it"))]
    fn cause(&self, job: &Job) -> Metadata {
        job.event.as_ref().map(|event| event.metadata.clone()).unwrap_or_default()
    }

    /// Up to how many items are done together with this one, itself included.
    fn together(&self, job: &Job) -> usize {
        let _ = job;
        1
    }

    /// Does items together, and tells what becomes of each.
    fn run<'a>(&'a self, jobs: &'a [Job]) -> impl Future<Output = Vec<Result<Outcome, Failed>>> + Send + 'a;
}

/// A claimed item.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) item: WorkItem,
    /// The event that opened it.
    pub(crate) event: Option<Arc<RecordedEvent>>,
}

impl Job {
    /// Its id and the epoch of its claim.
    pub(crate) fn claim(&self) -> (String, u64) {
        (self.item.id.clone(), self.item.epoch)
    }

    /// Whether its claims were lost so often that it is tried once more by itself. What may be tried only once is not.
    pub(super) fn is_tried_alone(&self, options: WorkOptions) -> bool {
        options.attempts > 1 && self.item.attempts.checked_sub(1) == Some(options.attempts)
    }

    /// Whether its claims were lost more often than that.
    pub(super) fn is_given_up(&self, options: WorkOptions) -> bool {
        self.item.attempts > options.attempts && !self.is_tried_alone(options)
    }
}

/// Why an item was not done.
#[derive(Debug)]
pub(crate) enum Failed {
    Item(HandleError),
    /// The log or the views could not be reached, which is no fault of the item.
    Unreachable(StoreError),
    /// Another process has claimed it.
    Lost,
}
