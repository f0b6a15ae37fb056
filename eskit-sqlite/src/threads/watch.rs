use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use eskit_runtime::Place;
use eskit_runtime::store_kit::HeadWatch;
use rusqlite::Connection;

use crate::file::place;

/// The head of the log as this process knows it: set by its own commits at once, and by the poller, while somebody waits, for what
/// other processes do. Also goes back, with a log that was restored.
pub(crate) struct Heads {
    state: Mutex<State>,
    head: HeadWatch,
    poller: Mutex<Poller>,
    wake: Condvar,
    interval: Duration,
}

struct State {
    head: Place,
    /// How often the head has moved.
    moves: u64,
    is_closed: bool,
}

#[derive(Default)]
struct Poller {
    waiting: usize,
    is_closed: bool,
}

/// The store was closed while somebody waited.
pub(crate) struct WatchClosed;

/// Keeps the poller at work while it lives.
struct Waiting<'h>(&'h Heads);

impl<'h> Waiting<'h> {
    fn new(heads: &'h Heads) -> Waiting<'h> {
        heads.poller().waiting += 1;
        heads.wake.notify_one();
        Waiting(heads)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.poller().waiting -= 1;
    }
}

/// One who waits for the head to move.
pub(crate) struct Watcher<'h> {
    heads: &'h Heads,
    /// The moves that it has seen.
    seen: u64,
}

impl Watcher<'_> {
    /// Waits until the head has moved since this was last called, or since the watcher began.
    pub(crate) async fn moved(&mut self) -> Result<(), WatchClosed> {
        let _waiting = Waiting::new(self.heads);
        let (heads, seen) = (self.heads, self.seen);
        let look = || {
            let state = heads.state();
            if state.is_closed { Some(Err(WatchClosed)) } else { (state.moves != seen).then_some(Ok(state.moves)) }
        };
        self.seen = heads.head.until(look).await?;
        Ok(())
    }
}

impl Heads {
    pub(crate) fn new(head: Place, interval: Duration) -> Heads {
        let state = Mutex::new(State { head, moves: 0, is_closed: false });
        Heads { state, head: HeadWatch::default(), poller: Mutex::default(), wake: Condvar::new(), interval }
    }

    fn poller(&self) -> MutexGuard<'_, Poller> {
        self.poller.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the head, and wakes who waits if it is news.
    pub(crate) fn set(&self, head: Place) {
        {
            let mut state = self.state();
            if state.head == head {
                return;
            }
            state.head = head;
            state.moves += 1;
        }
        self.head.moved();
    }

    /// Begins to watch the head.
    pub(crate) fn watcher(&self) -> Watcher<'_> {
        Watcher { heads: self, seen: self.state().moves }
    }

    /// Wakes everybody who waits, and ends the poller.
    pub(crate) fn close(&self) {
        self.state().is_closed = true;
        self.head.moved();
        self.poller().is_closed = true;
        self.wake.notify_one();
    }

    /// The work of the poller thread, until the store is closed: looks for commits of other processes while somebody
    /// waits, and sleeps otherwise.
    pub(crate) fn poll(&self, conn: &Connection) {
        loop {
            let idle = self.wake.wait_while(self.poller(), |poller| poller.waiting == 0 && !poller.is_closed);
            if idle.unwrap_or_else(PoisonError::into_inner).is_closed {
                return;
            }
            // A failure here is met again, and told, by the read that follows.
            if let Ok(head) = place::head(conn) {
                self.set(head);
            }
            let pause = self.wake.wait_timeout_while(self.poller(), self.interval, |poller| !poller.is_closed);
            drop(pause);
        }
    }
}
