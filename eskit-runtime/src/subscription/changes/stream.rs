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

impl ChangeHub {
    /// The changes from now on.
    pub fn listen(self: &Arc<ChangeHub>) -> Changes {
        let (hub, seen) = (Arc::clone(self), self.count());
        Changes { hub, seen, debounce: Duration::ZERO, others: None, waiting: None }
    }
}

impl Changes {
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

#[cfg(test)]
mod tests {
    use std::future::ready;
    use std::sync::Mutex;
    use std::task::Waker;

    use super::*;

    /// Sleeps are over at once.
    fn hub() -> Arc<ChangeHub> {
        Arc::new(ChangeHub::new(|_| Box::pin(ready(()))))
    }

    fn keys(names: &[&str]) -> Changed {
        Changed::Keys(names.iter().map(|name| (*name).to_owned()).collect())
    }

    fn poll(changes: &mut Changes) -> Poll<Changed> {
        let mut next = std::pin::pin!(changes.next());
        next.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn a_call_that_is_dropped_loses_nothing() {
        let hub = hub();
        let mut changes = hub.listen();
        assert!(poll(&mut changes).is_pending());
        hub.tell(keys(&["a"]));
        hub.tell(keys(&["b"]));
        assert_eq!(poll(&mut changes), Poll::Ready(keys(&["a", "b"])));
        assert!(poll(&mut changes).is_pending());
        assert!(poll(&mut hub.listen()).is_pending(), "one that comes later is told of what was before it");
    }

    #[test]
    fn changes_are_collected_for_a_time() {
        /// Sleeps end when they are polled a third time.
        fn sleep(_: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
            let mut left = 2;
            Box::pin(std::future::poll_fn(move |_| {
                left -= 1;
                if left < 0 { Poll::Ready(()) } else { Poll::Pending }
            }))
        }
        let hub = Arc::new(ChangeHub::new(sleep));
        let mut changes = hub.listen().debounce(Duration::from_secs(1));
        assert!(poll(&mut changes).is_pending());
        for key in ["a", "b"] {
            hub.tell(keys(&[key]));
            assert!(poll(&mut changes).is_pending());
        }
        assert_eq!(poll(&mut changes), Poll::Ready(keys(&["a", "b"])));
        assert!(poll(&mut changes).is_pending());
    }

    #[test]
    fn readers_share_the_looks_for_other_processes() {
        fn never(_: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
            Box::pin(std::future::pending())
        }
        let (hub, looks) = (Arc::new(ChangeHub::new(never)), Arc::new(Mutex::new(5)));
        let listen = || {
            let looks = Arc::clone(&looks);
            hub.listen().looking(Duration::from_secs(60), move || {
                let mut looks = looks.lock().unwrap();
                *looks += 1;
                ready(Some((Some(1), *looks)))
            })
        };
        hub.look(Some(1), 5);
        let (mut first, mut second) = (listen(), listen());
        assert_eq!(poll(&mut first), Poll::Ready(Changed::All));
        assert_eq!(poll(&mut second), Poll::Ready(Changed::All));
        assert!(poll(&mut second).is_pending());
        assert_eq!(*looks.lock().unwrap(), 6);
    }
}
