use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use eskit_runtime::execute::Sleep;
use eskit_runtime::log::Position;
use eskit_runtime::subscription::{Apply, Control, FollowOptions, Partition, SubscriptionError, Views, follow};
use eskit_runtime::{EventStore, RetryPolicy};
use tokio::task::JoinHandle;

use super::context::ViewsContext;
use super::probe::{Kind, Probe};
use super::scene::{ClaimOf, claim};
use super::target::TestViews;
use crate::failure::{Failure, Outcome};

/// Sleeps on tokio's clock.
pub(super) struct Clock;

impl Sleep for Clock {
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send {
        tokio::time::sleep(duration)
    }
}

/// How the suite follows a log: small pages, and two tries without a wait worth mentioning.
pub(super) fn options(page: usize) -> FollowOptions {
    let mut options = FollowOptions::default();
    options.page = page;
    options.retry = RetryPolicy::attempts(2).with_delays(Duration::from_micros(100), Duration::from_millis(1));
    options.save_every = Duration::from_millis(5);
    options.heed_every = Duration::from_millis(20);
    options
}

/// A task that follows a log.
pub(super) struct Follower {
    pub(super) control: Control,
    task: JoinHandle<Result<(), SubscriptionError>>,
}

impl Follower {
    pub(super) fn start<T: TestViews, K: Kind, S: EventStore + Clone + 'static>(
        store: &S,
        views: &T::Views,
        probe: &Arc<Probe<T, K>>,
        page: usize,
    ) -> Follower
    where
        T::Views: Apply<Probe<T, K>>,
    {
        let control = Control::of::<Probe<T, K>>(Partition::WHOLE);
        let (store, views, probe) = (store.clone(), views.clone(), Arc::clone(probe));
        let task = tokio::spawn({
            let control = control.clone();
            async move { follow(&store, &probe, &views, &options(page), &control, &Clock).await }
        });
        Follower { control, task }
    }

    /// Waits until everything up to a position was handled.
    pub(super) async fn reached<T: TestViews>(&self, context: &ViewsContext<T>, position: Position) -> Outcome {
        let reached = self.control.reached(position);
        let reached = context.within(&format!("following the log up to position {position}"), reached).await;
        let reached = reached.map_err(|failure| failure.during(format!("{:?}", self.control.health())))?;
        reached.map_err(|health| Failure::new(format!("the subscription ended before position {position}: {health:?}")))
    }

    /// Stops the subscription, and waits for its end.
    pub(super) async fn stop<T: TestViews>(self, context: &ViewsContext<T>) -> Outcome {
        self.control.stop();
        let ended = context.within("the end of a subscription that was told to stop", self.task).await??;
        ended.map_err(|error| Failure::new(format!("a subscription that was told to stop failed: {error}")))
    }

    /// Why the subscription ended by itself.
    pub(super) async fn failure<T: TestViews>(self, context: &ViewsContext<T>) -> Result<SubscriptionError, Failure> {
        let ended = context.within("the end of a subscription that must fail", self.task).await??;
        ended.err().ok_or_else(|| Failure::new("a subscription that must fail was stopped"))
    }
}

/// Claims, lets readers see the version, and gives the claim up. A follower does it only after everything was handled, so one that is
/// stopped before that leaves readers without a version.
pub(super) async fn activate<T: TestViews>(
    views: &T::Views,
    subscription: &eskit_runtime::subscription::Subscription,
) -> Outcome {
    let claim: ClaimOf<T> = claim::<T>(views, subscription).await?;
    views.activate(&claim).await?;
    views.release(claim).await;
    Ok(())
}

/// Polls a future at most so many times, and then drops it. Returns whether it completed.
pub(super) async fn polled_at_most(future: impl Future, polls: u64) -> bool {
    let mut left = polls;
    let mut future = pin!(future);
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        future.as_mut().poll(context).map(|_| true)
    })
    .await
}
