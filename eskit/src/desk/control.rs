use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use eskit_runtime::Timestamp;
use eskit_runtime::store_kit::HeadWatch;
use serde::{Deserialize, Serialize};

/// How the work of a list is doing in this process.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WorkHealth {
    /// The name of the list, such as that of the processor.
    pub list: String,
    /// Whether items are being claimed: not before the processor has caught up, nor while it is paused or has failed.
    pub is_open: bool,
    /// Items that this process has claimed and not settled.
    pub claimed: u64,
    /// Items that were done.
    pub done: u64,
    /// Tries that failed and are to be repeated.
    pub failed: u64,
    /// Items that were parked.
    pub parked: u64,
    /// When one was done last.
    pub last_done: Option<Timestamp>,
    /// The last failure of an item, of the views or of the log; `None` once a later item was done.
    pub error: Option<String>,
}

/// Ends the work of a list, and tells how it is doing.
#[derive(Clone, Default)]
pub(crate) struct WorkControl {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    held: Mutex<Held>,
    moved: HeadWatch,
}

#[derive(Default)]
struct Held {
    is_stopped: bool,
    has_ended: bool,
    /// Why nothing is done any more.
    failed: Option<String>,
    /// How often somebody asked whether there is nothing left to do.
    asked: u64,
    /// Up to which of these times there was nothing left.
    answered: u64,
    health: WorkHealth,
}

impl WorkControl {
    pub(crate) fn new(list: &str) -> WorkControl {
        super::measured::describe();
        let control = WorkControl::default();
        list.clone_into(&mut control.lock().health.list);
        control
    }

    pub(crate) fn health(&self) -> WorkHealth {
        self.lock().health.clone()
    }

    pub(crate) fn tell(&self, change: impl FnOnce(&mut WorkHealth)) {
        change(&mut self.lock().health);
        self.shared.moved.moved();
    }

    /// Says that nothing is done any more, and why.
    pub(super) fn fail(&self, text: String) {
        let mut held = self.lock();
        (held.health.is_open, held.health.error) = (false, Some(text.clone()));
        held.failed = Some(text);
        drop(held);
        self.shared.moved.moved();
    }

    /// Completes when nothing is done any more, with the reason.
    pub(crate) async fn failed(&self) -> String {
        self.shared.moved.until(|| self.lock().failed.clone()).await
    }

    /// Says whether items are being claimed.
    pub(super) fn opens(&self, is_open: bool) {
        if std::mem::replace(&mut self.lock().health.is_open, is_open) != is_open {
            self.shared.moved.moved();
        }
    }

    /// Claims nothing more, and ends when what is claimed is settled.
    pub(crate) fn stop(&self) {
        self.lock().is_stopped = true;
        self.shared.moved.moved();
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.lock().is_stopped
    }

    pub(crate) async fn stopped(&self) {
        self.shared.moved.until(|| self.is_stopped().then_some(())).await;
    }

    pub(crate) fn has_ended(&self) {
        self.lock().has_ended = true;
        self.shared.moved.moved();
    }

    pub(crate) async fn ended(&self) {
        self.shared.moved.until(|| self.lock().has_ended.then_some(())).await;
    }

    /// Waits until it was looked after this call, and nothing was left to do now; or until it has ended.
    #[cfg(feature = "testing")]
    pub(crate) async fn idle(&self) {
        let ticket = {
            let mut held = self.lock();
            held.asked += 1;
            held.asked
        };
        self.shared.moved.moved();
        let is_idle = || {
            let held = self.lock();
            (held.has_ended || held.answered >= ticket).then_some(())
        };
        self.shared.moved.until(is_idle).await;
    }

    /// How often somebody has asked.
    pub(super) fn asked(&self) -> u64 {
        self.lock().asked
    }

    /// Completes when somebody asks who had not asked at this time.
    pub(super) async fn asked_after(&self, asked: u64) {
        self.shared.moved.until(|| (self.lock().asked > asked).then_some(())).await;
    }

    /// Answers all who had asked at this time.
    pub(super) fn answer(&self, asked: u64) {
        self.lock().answered = asked;
        self.shared.moved.moved();
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.shared.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
