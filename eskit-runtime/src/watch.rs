use std::future::poll_fn;
use std::sync::{Mutex, PoisonError};
use std::task::{Poll, Waker};

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
    waiting: Vec<Waker>,
}

impl HeadWatch {
    /// A watch whose head stands at `head`.
    pub fn new(head: Position) -> HeadWatch {
        HeadWatch { state: Mutex::new(State { head, waiting: Vec::new() }) }
    }

    /// The head as last advanced.
    pub fn head(&self) -> Position {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).head
    }

    /// Moves the head forward and wakes every waiting reader; a lower head changes nothing.
    pub fn advance(&self, head: Position) {
        let waiting = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            if head <= state.head {
                return;
            }
            state.head = head;
            std::mem::take(&mut state.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Waits until the head is beyond `after`, and returns it.
    pub async fn beyond(&self, after: Position) -> Position {
        poll_fn(|context| {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            if state.head > after {
                return Poll::Ready(state.head);
            }
            if !state.waiting.iter().any(|waker| waker.will_wake(context.waker())) {
                state.waiting.push(context.waker().clone());
            }
            Poll::Pending
        })
        .await
    }
}
