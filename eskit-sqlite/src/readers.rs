use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use eskit_runtime::Interner;
use rusqlite::Connection;
use tokio::sync::{Semaphore, oneshot};

use crate::error::Fault;

/// What one reader thread owns.
pub(crate) struct Reader {
    pub(crate) conn: Connection,
    pub(crate) names: Interner,
}

type Job = Box<dyn FnOnce(&mut Reader) + Send>;

/// The bounded queue between callers and the reader threads.
pub(crate) struct ReadQueue {
    state: Mutex<State>,
    ready: Condvar,
    places: Semaphore,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    is_closed: bool,
}

/// The store was closed before the read began.
pub(crate) struct ReadClosed;

impl ReadQueue {
    pub(crate) fn new(len_max: usize) -> ReadQueue {
        ReadQueue { state: Mutex::default(), ready: Condvar::new(), places: Semaphore::new(len_max) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `read` on a reader thread; waits for a place while the queue is full. A read that nobody waits for any more
    /// is skipped.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut Reader) -> Result<T, Fault> + Send + 'static,
    ) -> Result<Result<T, Fault>, ReadClosed> {
        let place = self.places.acquire().await.map_err(|_| ReadClosed)?;
        let (reply, answer) = oneshot::channel();
        let job = Box::new(move |reader: &mut Reader| {
            if !reply.is_closed() {
                // The caller may have gone meanwhile.
                let _ = reply.send(read(reader));
            }
        });
        {
            let mut state = self.state();
            if state.is_closed {
                return Err(ReadClosed);
            }
            state.jobs.push_back(job);
        }
        self.ready.notify_one();
        place.forget();
        answer.await.map_err(|_| ReadClosed)
    }

    /// Takes in nothing more; what waits already is still read.
    pub(crate) fn close(&self) {
        self.state().is_closed = true;
        self.places.close();
        self.ready.notify_all();
    }

    fn next(&self) -> Option<Job> {
        let mut state = self.state();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                drop(state);
                self.places.add_permits(1);
                return Some(job);
            }
            if state.is_closed {
                return None;
            }
            state = self.ready.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The work of one reader thread, until the queue is closed and empty.
    pub(crate) fn serve(&self, conn: Connection) {
        let mut reader = Reader { conn, names: Interner::new() };
        while let Some(job) = self.next() {
            job(&mut reader);
        }
    }
}
