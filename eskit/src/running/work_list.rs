use std::fmt;
use std::sync::Arc;

use eskit_runtime::StoreError;
use eskit_runtime::work::{ListWork, WorkItem};

use crate::working::Worked;

/// The to-dos and schedules of a processor, from [`Running::todos`](crate::Running::todos), or the commands of a queue, from
/// [`Running::queue`](crate::Running::queue): those that wait, those that are being done, and those that were parked after their last
/// try.
pub struct WorkList<S> {
    work: Arc<dyn Worked<S>>,
}

impl<S> WorkList<S> {
    pub(super) fn new(work: Arc<dyn Worked<S>>) -> WorkList<S> {
        WorkList { work }
    }

    /// A page of them, in the order in which they were opened.
    ///
    /// # Errors
    /// The views failed.
    pub async fn list(&self, which: ListWork) -> Result<Vec<WorkItem>, StoreError> {
        self.work.items().list(self.work.list(), which).await
    }

    /// The first 1,000 of those that were parked.
    ///
    /// # Errors
    /// The views failed.
    pub async fn parked(&self) -> Result<Vec<WorkItem>, StoreError> {
        self.list(ListWork { is_parked: true, ..ListWork::default() }).await
    }

    /// Lets one that waits or was parked be done now, with its tries counted anew. Returns whether there is such a one.
    ///
    /// # Errors
    /// The views failed.
    pub async fn retry(&self, id: &str) -> Result<bool, StoreError> {
        self.work.items().retry(self.work.list(), id.to_owned()).await
    }

    /// Removes one without doing it; those behind it with the same key go on. Returns whether it was there. A schedule that is removed
    /// comes back with the next start, at its next time.
    ///
    /// # Errors
    /// The views failed.
    pub async fn remove(&self, id: &str) -> Result<bool, StoreError> {
        self.work.items().remove(self.work.list(), id.to_owned()).await
    }
}

impl<S> fmt::Debug for WorkList<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkList").field("list", &self.work.list()).finish_non_exhaustive()
    }
}
