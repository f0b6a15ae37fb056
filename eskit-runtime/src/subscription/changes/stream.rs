use std::convert::Infallible;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;

use super::changed::Changed;
use super::hub::ChangeHub;

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The changes of a read model, as a [`Stream`] that does not end. It comes from [`TellChanges::changes`](super::TellChanges);
/// dropping it ends it.
///
/// Nothing is lost: what changes between two calls is told by the next one. What is kept for that is bounded: if more than 1,024 keys
/// have changed since the last call, the next one returns [`Changed::All`].
pub struct Changes {
    hub: Arc<ChangeHub>,
    /// The number of the last change that was told.
    seen: u64,
    debounce: Duration,
    /// Looks for commits of other processes.
    others: Option<BoxFuture<Infallible>>,
    waiting: Option<BoxFuture<(u64, Changed)>>,
}

impl Changes {
    pub(super) fn new(hub: Arc<ChangeHub>, seen: u64) -> Changes {
        Changes { hub, seen, debounce: Duration::ZERO, others: None, waiting: None }
    }

    /// Waits until the read model has changed since the last change that was told, or since [`Changes`] began. Several changes are told
    /// as one. A call that is dropped before it completes loses nothing.
    pub async fn next(&mut self) -> Changed {
        poll_fn(|context| self.poll_change(context)).await
    }

    /// Collects changes until this time has passed after the first of them, and then tells them as one. A page that is busy is then
    /// sent at most once in that time.
    #[must_use]
    pub fn debounce(mut self, time: Duration) -> Changes {
        self.debounce = time;
        self
    }

    /// For views that other processes write to: while a reader waits, calls `look` in these intervals. It returns the version that
    /// readers see, and how often that was changed; `None` if it cannot be found out now. All readers of a read model in this process
    /// share the interval.
    #[must_use]
    pub fn looking<F>(mut self, every: Duration, mut look: impl FnMut() -> F + Send + 'static) -> Changes
    where
        F: Future<Output = Option<(Option<u32>, u64)>> + Send,
    {
        let hub = Arc::clone(&self.hub);
        self.others = Some(Box::pin(async move {
            loop {
                if hub.is_due(every)
                    && let Some((version, changes)) = look().await
                {
                    hub.look(version, changes);
                }
                hub.sleep(every).await;
            }
        }));
        self
    }

    fn poll_change(&mut self, context: &mut Context<'_>) -> Poll<Changed> {
        if let Some(others) = &mut self.others {
            let Poll::Pending = others.as_mut().poll(context);
        }
        let waiting = self.waiting.get_or_insert_with(|| {
            let (hub, seen, debounce) = (Arc::clone(&self.hub), self.seen, self.debounce);
            Box::pin(async move { hub.wait(seen, debounce).await })
        });
        let (seen, changed) = ready!(waiting.as_mut().poll(context));
        (self.waiting, self.seen) = (None, seen);
        Poll::Ready(changed)
    }
}

impl Stream for Changes {
    type Item = Changed;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Changed>> {
        self.poll_change(context).map(Some)
    }
}

impl fmt::Debug for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changes").field("seen", &self.seen).field("debounce", &self.debounce).finish_non_exhaustive()
    }
}
