use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::log::position::Place;
use crate::store_kit::head_watch::HeadWatch;

/// The head of the log as this process knows it, with a way to wait until it moves. The store sets it after its own commits, and when
/// it notices appends of other processes. It can also move back, after a backup was restored.
#[derive(Debug)]
pub struct KnownHead {
    state: Mutex<State>,
    watch: HeadWatch,
}

#[derive(Debug)]
struct State {
    head: Place,
    /// How often the head has moved.
    moves: u64,
    is_closed: bool,
}

/// The store was closed while a reader waited.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HeadClosed;

/// A reader that waits for the head to move, from [`KnownHead::watcher`].
#[derive(Debug)]
pub struct HeadWatcher<'h> {
    head: &'h KnownHead,
    /// The moves that it has seen.
    seen: u64,
}

impl HeadWatcher<'_> {
    /// Waits until the head has moved since this was last called, or since the watcher began.
    ///
    /// # Errors
    /// The store was closed.
    pub async fn moved(&mut self) -> Result<(), HeadClosed> {
        let (head, seen) = (self.head, self.seen);
        let look = || {
            let state = head.state();
            if state.is_closed { Some(Err(HeadClosed)) } else { (state.moves != seen).then_some(Ok(state.moves)) }
        };
        self.seen = head.watch.until(look).await?;
        Ok(())
    }
}

impl KnownHead {
    /// Starts with this head.
    pub fn new(head: Place) -> KnownHead {
        let state = State { head, moves: 0, is_closed: false };
        KnownHead { state: Mutex::new(state), watch: HeadWatch::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the head, and wakes the waiting readers if it has changed.
    pub fn set(&self, head: Place) {
        {
            let mut state = self.state();
            if state.head == head {
                return;
            }
            state.head = head;
            state.moves += 1;
        }
        self.watch.moved();
    }

    /// Wakes the waiting readers although the head has not moved: the log may have been replaced, which they find out when they look.
    pub fn wake(&self) {
        self.state().moves += 1;
        self.watch.moved();
    }

    /// Starts to watch the head.
    pub fn watcher(&self) -> HeadWatcher<'_> {
        HeadWatcher { head: self, seen: self.state().moves }
    }

    /// Ends the wait of every reader, now and later, with [`HeadClosed`].
    pub fn close(&self) {
        self.state().is_closed = true;
        self.watch.moved();
    }

    /// Whether the store is closed.
    pub fn is_closed(&self) -> bool {
        self.state().is_closed
    }
}
