//! Locks of this process, so that decisions on the same instances come one after the other.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use eskit_runtime::execute::{Denied, Sleep};
use eskit_runtime::log::QueryItem;

use crate::middleware::{Call, Middleware, Next, Outcome};
use crate::sleep::Timer;

/// Enough that two instances seldom share a lock, which costs them only waiting.
const LOCKS: usize = 1024;
/// How long a decision keeps others waiting. One that takes longer may not be polled any more; conflicts are found by the
/// append in any case.
const TURN_MAX: Duration = Duration::from_millis(250);

/// A lock for each instance of an aggregate, out of a fixed number that instances share.
#[derive(Debug)]
pub(crate) struct SingleWriter {
    locks: Box<[Lock]>,
    hasher: RandomState,
}

impl SingleWriter {
    pub(crate) fn new() -> SingleWriter {
        SingleWriter { locks: (0..LOCKS).map(|_| Lock::default()).collect(), hasher: RandomState::new() }
    }

    /// Waits until no other decision reads one of these instances, or has done so for too long. Locks are taken in one order,
    /// so commands never wait in a circle; the first to arrive goes first.
    pub(crate) async fn lock(&self, instances: impl Iterator<Item = &QueryItem>) -> Vec<Place<'_>> {
        let mut indices: Vec<usize> = instances.flat_map(|instance| self.indices(instance)).collect();
        indices.sort_unstable();
        indices.dedup();
        let mut places = Vec::with_capacity(indices.len());
        for index in indices {
            places.push(self.locks[index].lock().await);
        }
        places
    }

    /// One lock for a stream or for tags, whatever is read of them; without both, one for each type of events.
    fn indices(&self, QueryItem { stream, tags, types, .. }: &QueryItem) -> Vec<usize> {
        if stream.is_none() && tags.is_empty() {
            return types.iter().map(|name| self.index(name)).collect();
        }
        vec![self.index((stream, tags))]
    }

    fn index(&self, of: impl Hash) -> usize {
        usize::try_from(self.hasher.hash_one(of) % LOCKS as u64).unwrap_or_default()
    }
}

impl Middleware for SingleWriter {
    async fn around(&self, call: &mut Call<'_>, next: Next<'_>) -> Result<Outcome, Denied> {
        let instances = call.instances();
        let _places = self.lock(instances.iter()).await;
        next.run(call).await
    }
}

/// A lock that passes over those that are not polled, whether they hold it or are next.
#[derive(Debug, Default)]
struct Lock(Mutex<Line>);

/// Those that want a lock, by tickets.
#[derive(Debug, Default)]
struct Line {
    tickets: u64,
    /// Whose turn it is, and since when.
    turn: Option<(u64, Instant)>,
    waiting: VecDeque<(u64, Waker)>,
}

impl Lock {
    fn line(&self) -> MutexGuard<'_, Line> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn lock(&self) -> Place<'_> {
        let ticket = {
            let mut line = self.line();
            line.tickets += 1;
            line.tickets
        };
        let place = Place { lock: self, ticket };
        let mut timer = None;
        poll_fn(|context| {
            while place.lock.line().poll_turn(ticket, context).is_pending() {
                // Not before it must wait: most need not.
                let timer = timer.get_or_insert_with(|| Box::pin(Timer.sleep(TURN_MAX)));
                if timer.as_mut().poll(context).is_pending() {
                    return Poll::Pending;
                }
                timer.set(Timer.sleep(TURN_MAX));
            }
            Poll::Ready(())
        })
        .await;
        place
    }
}

impl Line {
    /// Whether it is the turn of this ticket: because it was passed on, it is free, or another command has held it for too long.
    fn poll_turn(&mut self, ticket: u64, context: &Context<'_>) -> Poll<()> {
        let is_free = self.turn.is_none_or(|(of, since)| of == ticket || since.elapsed() >= TURN_MAX);
        if is_free {
            self.waiting.retain(|(of, _)| *of != ticket);
            self.turn = Some((ticket, Instant::now()));
            return Poll::Ready(());
        }
        match self.waiting.iter_mut().find(|(of, _)| *of == ticket) {
            Some((_, waker)) => waker.clone_from(context.waker()),
            None => self.waiting.push_back((ticket, context.waker().clone())),
        }
        Poll::Pending
    }

    /// Passes the turn on if this ticket has it. Otherwise it waits no longer.
    fn leave(&mut self, ticket: u64) -> Option<Waker> {
        self.waiting.retain(|(of, _)| *of != ticket);
        self.turn.take_if(|(of, _)| *of == ticket)?;
        let (next, waker) = self.waiting.pop_front()?;
        self.turn = Some((next, Instant::now()));
        Some(waker)
    }
}

/// A place in the line for a lock, which is left when it is dropped.
#[derive(Debug)]
pub(crate) struct Place<'l> {
    lock: &'l Lock,
    ticket: u64,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let next = self.lock.line().leave(self.ticket);
        if let Some(next) = next {
            next.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::*;
    use eskit_runtime::log::Tag;

    fn course(name: &str) -> QueryItem {
        QueryItem::types(["campus.Defined"]).with_tag(Tag::new("course", name))
    }

    fn poll<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[tokio::test]
    async fn an_instance_is_locked_whatever_is_read_of_it() {
        let writer = SingleWriter::new();
        let places = writer.lock([course("maths"), course("art")].iter()).await;
        let other_types = [QueryItem::types(["campus.Left"]).with_tag(Tag::new("course", "art"))];
        let mut waiting = pin!(writer.lock(other_types.iter()));
        assert!(poll(waiting.as_mut()).is_pending());
        drop(places);
        assert_eq!(waiting.await.len(), 1);
    }

    #[tokio::test]
    async fn models_of_all_events_meet_in_the_types_that_they_share() {
        let writer = SingleWriter::new();
        let first = [QueryItem::types(["shop.InvoiceCreated", "shop.InvoiceVoided"])];
        let second = [QueryItem::types(["shop.InvoiceVoided", "shop.OrderPlaced"])];
        let places = writer.lock(first.iter()).await;
        let mut waiting = pin!(writer.lock(second.iter()));
        assert!(poll(waiting.as_mut()).is_pending());
        drop(places);
        assert!(!waiting.await.is_empty());
    }

    #[tokio::test]
    async fn instances_that_share_a_lock_take_it_once() {
        let writer = SingleWriter::new();
        let items: Vec<QueryItem> = (0..5 * LOCKS).map(|number| course(&number.to_string())).collect();
        let places = writer.lock(items.iter()).await;
        assert!(places.len() <= LOCKS);
    }

    #[tokio::test]
    async fn those_that_wait_have_their_turn_in_the_order_in_which_they_came() {
        let lock = Lock::default();
        let held = lock.lock().await;
        let (mut first, mut second) = (pin!(lock.lock()), pin!(lock.lock()));
        assert!(poll(first.as_mut()).is_pending() && poll(second.as_mut()).is_pending());
        drop(held);
        assert!(poll(second.as_mut()).is_pending());
        drop(first.await);
        assert!(poll(second.as_mut()).is_ready());
    }

    /// Neither one that holds it nor one that is next.
    #[tokio::test]
    async fn a_decision_that_is_not_polled_stops_nobody() {
        let lock = Lock::default();
        let held = lock.lock().await;
        let mut next = pin!(lock.lock());
        assert!(poll(next.as_mut()).is_pending());
        let passing =
            tokio::time::timeout(Duration::from_secs(10), lock.lock()).await.expect("the holder is passed over");
        drop(held);
        drop(passing);
        let passing =
            tokio::time::timeout(Duration::from_secs(10), lock.lock()).await.expect("the next one is passed over");
        drop(passing);
        drop(next.await);
    }
}
