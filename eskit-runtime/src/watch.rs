use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::position::Position;

/// The head of a log within one process: stores advance it after a commit, readers wait for it to move.
///
/// A building block for [`EventStore::watch`](crate::EventStore::watch); needs no async runtime.
#[derive(Debug, Default)]
pub struct HeadWatch {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    head: Position,
    /// Who waits, by ticket: those that came first are woken first.
    waiting: BTreeMap<u64, Waker>,
    next_ticket: u64,
}

impl HeadWatch {
    /// A watch whose head stands at `head`.
    pub fn new(head: Position) -> HeadWatch {
        HeadWatch { state: Mutex::new(State { head, ..State::default() }) }
    }

    /// The head as last advanced.
    pub fn head(&self) -> Position {
        self.lock().head
    }

    /// Moves the head forward and wakes every waiting reader; a lower head changes nothing.
    pub fn advance(&self, head: Position) {
        let waiting = {
            let mut state = self.lock();
            if head <= state.head {
                return;
            }
            state.head = head;
            std::mem::take(&mut state.waiting)
        };
        waiting.into_values().for_each(Waker::wake);
    }

    /// Waits until the head is beyond `after`, and returns it. Dropping the future gives up its place.
    pub async fn beyond(&self, after: Position) -> Position {
        Beyond { watch: self, after, ticket: None }.await
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One reader that waits.
struct Beyond<'a> {
    watch: &'a HeadWatch,
    after: Position,
    ticket: Option<u64>,
}

impl Future for Beyond<'_> {
    type Output = Position;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Position> {
        let mut state = self.watch.lock();
        if state.head > self.after {
            return Poll::Ready(state.head);
        }
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
        Poll::Pending
    }
}

impl Drop for Beyond<'_> {
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

    fn poll<F: Future>(future: &mut Pin<Box<F>>, count: &Arc<Count>) -> Poll<F::Output> {
        future.as_mut().poll(&mut Context::from_waker(&Waker::from(Arc::clone(count))))
    }

    #[test]
    fn a_reader_that_gave_up_leaves_nothing_behind() {
        let (watch, count) = (HeadWatch::default(), Arc::new(Count::default()));
        let mut patient = Box::pin(watch.beyond(Position::START));
        assert!(poll(&mut patient, &count).is_pending());
        for _ in 0..100 {
            let gone = Arc::new(Count::default());
            let mut reader = Box::pin(watch.beyond(Position::START));
            assert!(poll(&mut reader, &gone).is_pending());
            drop(reader);
            assert_eq!(Arc::strong_count(&gone), 1, "the waker is still held");
        }
        assert_eq!(watch.lock().waiting.len(), 1);
        watch.advance(Position::new(1));
        assert_eq!(count.0.load(Ordering::Relaxed), 1);
        assert_eq!(poll(&mut patient, &count), Poll::Ready(Position::new(1)));
    }

    #[test]
    fn a_reader_keeps_one_place_and_its_newest_waker() {
        let watch = HeadWatch::default();
        let (old, new) = (Arc::new(Count::default()), Arc::new(Count::default()));
        let mut reader = Box::pin(watch.beyond(Position::new(1)));
        for count in [&old, &old, &new] {
            assert!(poll(&mut reader, count).is_pending());
        }
        assert_eq!(watch.lock().waiting.len(), 1);
        watch.advance(Position::new(1));
        assert_eq!((old.0.load(Ordering::Relaxed), new.0.load(Ordering::Relaxed)), (0, 1));
        // Not beyond yet: it waits on.
        assert!(poll(&mut reader, &new).is_pending());
        watch.advance(Position::new(2));
        assert_eq!(new.0.load(Ordering::Relaxed), 2);
        assert_eq!(poll(&mut reader, &new), Poll::Ready(Position::new(2)));
    }

    /// Two readers in one task, as in a `select!`: each has a place of its own.
    #[test]
    fn a_reader_does_not_give_up_the_place_of_another_in_its_task() {
        let (watch, count) = (HeadWatch::default(), Arc::new(Count::default()));
        let mut readers = [(); 2].map(|()| Box::pin(watch.beyond(Position::START)));
        readers.iter_mut().for_each(|reader| assert!(poll(reader, &count).is_pending()));
        drop(readers);
        assert!(watch.lock().waiting.is_empty());
        assert_eq!(Arc::strong_count(&count), 1);
    }
}
