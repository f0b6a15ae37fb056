use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use eskit_runtime::Place;
use rusqlite::Connection;
use tokio::sync::watch;

use crate::place;

/// The head of the log as this process knows it: set by its own commits at once, and by the poller, while somebody waits, for what
/// other processes do. Also goes back, with a log that was restored.
pub(crate) struct Heads {
    state: watch::Sender<State>,
    poller: Mutex<Poller>,
    wake: Condvar,
    interval: Duration,
}

#[derive(Clone, Copy)]
struct State {
    head: Place,
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
    states: watch::Receiver<State>,
}

impl Watcher<'_> {
    /// Waits until the head has moved since this was last called, or since the watcher began.
    pub(crate) async fn moved(&mut self) -> Result<(), WatchClosed> {
        if self.states.borrow().is_closed {
            return Err(WatchClosed);
        }
        let _waiting = Waiting::new(self.heads);
        match self.states.changed().await {
            Ok(()) if !self.states.borrow_and_update().is_closed => Ok(()),
            _ => Err(WatchClosed),
        }
    }
}

impl Heads {
    pub(crate) fn new(head: Place, interval: Duration) -> Heads {
        let (state, _) = watch::channel(State { head, is_closed: false });
        Heads { state, poller: Mutex::default(), wake: Condvar::new(), interval }
    }

    fn poller(&self) -> MutexGuard<'_, Poller> {
        self.poller.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the head, and wakes who waits if it is news.
    pub(crate) fn set(&self, head: Place) {
        self.state.send_if_modified(|state| std::mem::replace(&mut state.head, head) != head);
    }

    /// Begins to watch the head.
    pub(crate) fn watcher(&self) -> Watcher<'_> {
        Watcher { heads: self, states: self.state.subscribe() }
    }

    /// Wakes everybody who waits, and ends the poller.
    pub(crate) fn close(&self) {
        self.state.send_modify(|state| state.is_closed = true);
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
