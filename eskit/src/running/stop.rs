use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use eskit_runtime::__private::{First, first};
use eskit_runtime::execute::Sleep;
use eskit_runtime::subscription::{Health, State};

use super::ending::Ending;
use crate::bus::Bus;
use crate::middleware::Erased;
use crate::sleep::Timer;
use crate::state_cache::StateCaches;

/// How long it is waited unless told otherwise.
const WITHIN: Duration = Duration::from_secs(10);

/// Ends the subscriptions when awaited. Returned by [`Running::stop`](crate::Running::stop).
#[must_use = "it stops when it is awaited"]
pub struct Stop<S> {
    ending: Arc<Ending<S>>,
    states: Arc<StateCaches>,
    middleware: Vec<Arc<dyn Erased>>,
    within: Duration,
}

impl<S> Stop<S> {
    pub(super) fn new(ending: Arc<Ending<S>>, bus: &Bus<S>) -> Stop<S> {
        Stop { ending, states: Arc::clone(&bus.states), middleware: bus.middleware.clone(), within: WITHIN }
    }

    /// Sets how long to wait at most.
    pub fn within(mut self, duration: Duration) -> Stop<S> {
        self.within = duration;
        self
    }

    async fn run(self) -> Result<(), NotStopped> {
        self.ending.stop();
        let end = Instant::now() + self.within;
        let mut late = Vec::new();
        for control in self.ending.controls() {
            let has_ended = |health: &Health| matches!(health.state, State::Stopped | State::Failed).then_some(());
            let rest = end.saturating_duration_since(Instant::now());
            if let First::B(()) = first(control.watch(has_ended), Timer.sleep(rest)).await {
                late.push(control.health().name);
            }
        }
        for started in &self.ending.works {
            let rest = end.saturating_duration_since(Instant::now());
            let list = started.work.list();
            if let First::B(()) = first(started.control.ended(), Timer.sleep(rest)).await
                && !late.contains(&list)
            {
                late.push(list);
            }
        }
        self.ending.aborted.set();
        self.ending.unread.set();
        // Snapshots that are not written are only missing.
        let rest = end.saturating_duration_since(Instant::now());
        first(self.states.snapshots.written(), Timer.sleep(rest)).await;
        for middleware in &self.middleware {
            let rest = end.saturating_duration_since(Instant::now());
            first(middleware.flush(), Timer.sleep(rest)).await;
        }
        if late.is_empty() { Ok(()) } else { Err(NotStopped(late)) }
    }
}

impl<S: 'static> IntoFuture for Stop<S> {
    type Output = Result<(), NotStopped>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<S> fmt::Debug for Stop<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stop").field("within", &self.within).finish_non_exhaustive()
    }
}

/// Subscriptions that did not end in time, by name. They were ended in the middle of a batch, which is not committed, or of a to-do, which is
/// done again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotStopped(pub Vec<&'static str>);

impl fmt::Display for NotStopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "these subscriptions did not end in time and were broken off: `{}`", self.0.join("`, `"))
    }
}

impl std::error::Error for NotStopped {}
