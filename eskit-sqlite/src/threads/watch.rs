use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use eskit_runtime::log::Place;
use eskit_runtime::store_kit::{HeadClosed, HeadWatcher, KnownHead};
use rusqlite::Connection;

use crate::file::identity::FileGuard;
use crate::file::place;

/// The head of the log as this process knows it, and a poller that looks for what other processes do while a caller waits.
pub(crate) struct Heads {
    known: KnownHead,
    poller: Mutex<Poller>,
    wake: Condvar,
    interval: Duration,
}

#[derive(Default)]
struct Poller {
    waiting: usize,
    is_closed: bool,
}

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

/// A caller that waits for the head to move.
pub(crate) struct Watcher<'h> {
    heads: &'h Heads,
    head: HeadWatcher<'h>,
}

impl Watcher<'_> {
    /// Waits until the head has moved since this was last called, or since the watcher began.
    pub(crate) async fn moved(&mut self) -> Result<(), HeadClosed> {
        let _waiting = Waiting::new(self.heads);
        self.head.moved().await
    }
}

impl Heads {
    pub(crate) fn new(head: Place, interval: Duration) -> Heads {
        Heads { known: KnownHead::new(head), poller: Mutex::default(), wake: Condvar::new(), interval }
    }

    fn poller(&self) -> MutexGuard<'_, Poller> {
        self.poller.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the head, and wakes the callers that wait if it is news.
    pub(crate) fn set(&self, head: Place) {
        self.known.set(head);
    }

    /// Begins to watch the head.
    pub(crate) fn watcher(&self) -> Watcher<'_> {
        Watcher { heads: self, head: self.known.watcher() }
    }

    /// Wakes all callers that wait, and ends the poller.
    pub(crate) fn close(&self) {
        self.known.close();
        self.poller().is_closed = true;
        self.wake.notify_one();
    }

    /// The work of the poller thread, until the store is closed: looks for commits of other processes while somebody
    /// waits, and sleeps otherwise.
    pub(crate) fn poll(&self, conn: &Connection, mut files: FileGuard) {
        loop {
            let idle = self.wake.wait_while(self.poller(), |poller| poller.waiting == 0 && !poller.is_closed);
            if idle.unwrap_or_else(PoisonError::into_inner).is_closed {
                return;
            }
            // A failure here is met again, and told, by the read that follows.
            if let Ok(head) = place::head(conn) {
                self.set(head);
            }
            if files.check_read(conn).is_err() {
                self.known.wake();
            }
            let pause = self.wake.wait_timeout_while(self.poller(), self.interval, |poller| !poller.is_closed);
            drop(pause);
        }
    }
}
