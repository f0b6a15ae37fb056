use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use eskit_runtime::store_kit::HeadWatch;
use eskit_runtime::subscription::Control;

use crate::desk::WorkControl;
use crate::subscriptions::Subscribed;
use crate::working::Worked;

/// What ends when the last clone of a running app is dropped.
pub(super) struct Ending<S> {
    pub(super) subscriptions: Vec<Started<S>>,
    pub(super) works: Vec<StartedWork<S>>,
    /// Ends all subscriptions at once.
    pub(super) aborted: Arc<Abort>,
    /// Ends what reads the log for all of them.
    pub(super) unread: Arc<Abort>,
}

/// A subscription with the controls of its parts.
pub(super) struct Started<S> {
    pub(super) subscription: Arc<dyn Subscribed<S>>,
    pub(super) controls: Vec<Control>,
}

/// A list of work with its control.
pub(super) struct StartedWork<S> {
    pub(super) work: Arc<dyn Worked<S>>,
    pub(super) control: WorkControl,
}

/// Ends tasks.
#[derive(Default)]
pub(super) struct Abort {
    is_set: AtomicBool,
    moved: HeadWatch,
}

impl Abort {
    pub(super) fn set(&self) {
        self.is_set.store(true, Ordering::Release);
        self.moved.moved();
    }

    pub(super) async fn wait(&self) {
        self.moved.until(|| self.is_set.load(Ordering::Acquire).then_some(())).await;
    }
}

impl<S> Ending<S> {
    pub(super) fn controls(&self) -> impl Iterator<Item = &Control> {
        self.subscriptions.iter().flat_map(|started| &started.controls)
    }

    /// Lets everything end after what is at hand.
    pub(super) fn stop(&self) {
        self.controls().for_each(Control::stop);
        self.works.iter().for_each(|started| started.control.stop());
    }
}

impl<S> Drop for Ending<S> {
    fn drop(&mut self) {
        self.stop();
        self.unread.set();
    }
}
