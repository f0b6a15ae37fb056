use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::store_kit::contain::contain;

/// Wakes readers in this process that wait for the head of a log to move. The store reports each move, and readers look again.
///
/// A building block for [`EventStore::watch`](crate::EventStore::watch). Needs no async runtime.
#[derive(Debug, Default)]
pub struct HeadWatch {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The waiting readers, by ticket: those that came first are woken first.
    waiting: BTreeMap<u64, Waker>,
    next_ticket: u64,
}

impl HeadWatch {
    /// Wakes every waiting reader, since the head has moved: forward, or back after a backup was restored.
    pub fn moved(&self) {
        let waiting = std::mem::take(&mut self.lock().waiting);
        wake(waiting);
    }

    /// Waits until `look` returns a value, and returns that value. It calls `look` at once, and again after each move of the head; no
    /// move is missed. Dropping the future cancels the wait.
    pub async fn until<T>(&self, look: impl FnMut() -> Option<T> + Unpin) -> T {
        Until { watch: self, look, ticket: None }.await
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes all of them. A waker is code of its reader: if one panics, the others are still woken, and the thread that moved the head
/// survives.
fn wake(waiting: BTreeMap<u64, Waker>) {
    for waker in waiting.into_values() {
        let _ = contain(|| waker.wake());
    }
}

/// One reader that waits.
struct Until<'a, F> {
    watch: &'a HeadWatch,
    look: F,
    ticket: Option<u64>,
}

impl<F> Until<'_, F> {
    /// Has this task woken when the head moves from now on.
    fn listen(&mut self, context: &Context<'_>) {
        let mut state = self.watch.lock();
        let ticket = self.ticket.unwrap_or(state.next_ticket);
        if ticket == state.next_ticket {
            state.next_ticket += 1;
        }
        let replaced = match state.waiting.get(&ticket) {
            Some(waker) if waker.will_wake(context.waker()) => None,
            _ => state.waiting.insert(ticket, context.waker().clone()),
        };
        // The last waker of a task drops the task, in which others may wait: not under the lock.
        drop(state);
        drop(replaced);
        self.ticket = Some(ticket);
    }
}

impl<T, F: FnMut() -> Option<T> + Unpin> Future for Until<'_, F> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        self.listen(context);
        match (self.look)() {
            Some(found) => Poll::Ready(found),
            None => Poll::Pending,
        }
    }
}

impl<F> Drop for Until<'_, F> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            let given_up = self.watch.lock().waiting.remove(&ticket);
            // Not under the lock, for the same reason.
            drop(given_up);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Count(AtomicU32);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A head, and how to wait until it is beyond a number.
    #[derive(Default)]
    struct Log {
        head: AtomicU32,
        watch: HeadWatch,
    }

    impl Log {
        fn set(&self, head: u32) {
            self.head.store(head, Ordering::Relaxed);
            self.watch.moved();
        }

        fn beyond(&self, after: u32) -> Pin<Box<dyn Future<Output = u32> + '_>> {
            let look = move || Some(self.head.load(Ordering::Relaxed)).filter(|head| *head > after);
            Box::pin(self.watch.until(look))
        }
    }

    fn poll<T>(future: &mut Pin<Box<dyn Future<Output = T> + '_>>, count: &Arc<Count>) -> Poll<T> {
        future.as_mut().poll(&mut Context::from_waker(&Waker::from(Arc::clone(count))))
    }

    #[test]
    fn a_reader_that_gave_up_leaves_nothing_behind() {
        let (log, count) = (Log::default(), Arc::new(Count::default()));
        let mut patient = log.beyond(0);
        assert!(poll(&mut patient, &count).is_pending());
        for _ in 0..100 {
            let gone = Arc::new(Count::default());
            let mut reader = log.beyond(0);
            assert!(poll(&mut reader, &gone).is_pending());
            drop(reader);
            assert_eq!(Arc::strong_count(&gone), 1, "the waker is still held");
        }
        assert_eq!(log.watch.lock().waiting.len(), 1);
        log.set(1);
        assert_eq!(count.0.load(Ordering::Relaxed), 1);
        assert_eq!(poll(&mut patient, &count), Poll::Ready(1));
    }

    #[test]
    fn a_reader_keeps_one_place_and_its_newest_waker() {
        let log = Log::default();
        let (old, new) = (Arc::new(Count::default()), Arc::new(Count::default()));
        let mut reader = log.beyond(1);
        for count in [&old, &old, &new] {
            assert!(poll(&mut reader, count).is_pending());
        }
        assert_eq!(log.watch.lock().waiting.len(), 1);
        log.set(1);
        assert_eq!((old.0.load(Ordering::Relaxed), new.0.load(Ordering::Relaxed)), (0, 1));
        // Not beyond yet: it waits on.
        assert!(poll(&mut reader, &new).is_pending());
        log.set(2);
        assert_eq!(new.0.load(Ordering::Relaxed), 2);
        assert_eq!(poll(&mut reader, &new), Poll::Ready(2));
    }

    #[test]
    fn a_waker_that_panics_keeps_nobody_asleep() {
        struct Panics;
        impl Wake for Panics {
            fn wake(self: Arc<Self>) {
                panic!("a waker that panics");
            }
        }
        let (watch, count) = (HeadWatch::default(), Arc::new(Count::default()));
        let mut panicking = Box::pin(watch.until(|| None::<()>));
        let waker = Waker::from(Arc::new(Panics));
        assert!(panicking.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        let mut other: Pin<Box<dyn Future<Output = ()>>> = Box::pin(watch.until(|| None::<()>));
        assert!(poll(&mut other, &count).is_pending());
        watch.moved();
        assert_eq!(count.0.load(Ordering::Relaxed), 1);
    }

    /// Two readers in one task, as in a `select!`: each has a place of its own.
    #[test]
    fn a_reader_does_not_give_up_the_place_of_another_in_its_task() {
        let (log, count) = (Log::default(), Arc::new(Count::default()));
        let mut readers = [(); 2].map(|()| log.beyond(0));
        readers.iter_mut().for_each(|reader| assert!(poll(reader, &count).is_pending()));
        drop(readers);
        assert!(log.watch.lock().waiting.is_empty());
        assert_eq!(Arc::strong_count(&count), 1);
    }
}
