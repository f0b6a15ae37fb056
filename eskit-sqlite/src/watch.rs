use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use eskit_runtime::Position;
use rusqlite::Connection;
use tokio::sync::watch;

use crate::connect;

/// The head of the log as this process knows it: moved by its own commits at once, and by the poller, while somebody
/// waits, for those of other processes.
pub(crate) struct Heads {
    state: watch::Sender<State>,
    poller: Mutex<Poller>,
    wake: Condvar,
    interval: Duration,
}

#[derive(Clone, Copy)]
struct State {
    head: Position,
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

impl Heads {
    pub(crate) fn new(head: Position, interval: Duration) -> Heads {
        let (state, _) = watch::channel(State { head, is_closed: false });
        Heads { state, poller: Mutex::default(), wake: Condvar::new(), interval }
    }

    fn poller(&self) -> MutexGuard<'_, Poller> {
        self.poller.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves the head forward and wakes who waits for it.
    pub(crate) fn advance(&self, head: Position) {
        self.state.send_if_modified(|state| {
            let is_news = head > state.head;
            if is_news {
                state.head = head;
            }
            is_news
        });
    }

    /// Waits until the head is beyond `after`.
    pub(crate) async fn beyond(&self, after: Position) -> Result<Position, WatchClosed> {
        let mut states = self.state.subscribe();
        let now = *states.borrow_and_update();
        if now.is_closed || now.head > after {
            return if now.is_closed { Err(WatchClosed) } else { Ok(now.head) };
        }
        let _waiting = Waiting::new(self);
        let state = *states.wait_for(|state| state.is_closed || state.head > after).await.map_err(|_| WatchClosed)?;
        if state.head > after { Ok(state.head) } else { Err(WatchClosed) }
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
            if let Ok(head) = connect::head(conn) {
                self.advance(head);
            }
            let pause = self.wake.wait_timeout_while(self.poller(), self.interval, |poller| !poller.is_closed);
            drop(pause);
        }
    }
}
