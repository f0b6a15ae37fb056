use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use eskit_runtime::store_kit::{Interner, contain};
use rusqlite::Connection;
use tokio::sync::{Semaphore, oneshot};

use crate::error::Fault;
use crate::file::identity::FileGuard;
use crate::threads::queue::{close, free};

/// What one reader thread owns.
pub(crate) struct Reader {
    pub(crate) conn: Connection,
    pub(crate) names: Interner,
    files: FileGuard,
}

/// What a thread needs to serve reads.
pub(crate) trait Serves {
    /// Ends what a read left open that panicked.
    fn settle(&mut self);
}

impl Serves for Reader {
    /// The next read needs a state of the log of its own.
    fn settle(&mut self) {
        if !self.conn.is_autocommit() {
            // When this fails, the next read says why it cannot begin.
            let _ = self.conn.execute_batch("ROLLBACK");
        }
    }
}

impl Reader {
    pub(crate) fn new(conn: Connection, files: FileGuard) -> Reader {
        Reader { conn, names: Interner::new(), files }
    }

    /// Checks, after a read, that no other file has taken the place of the log's, or was copied over it.
    pub(crate) fn check_file(&mut self) -> Result<(), Fault> {
        self.files.check_read(&self.conn)
    }
}

type Job<R> = Box<dyn FnOnce(&mut R) + Send>;

/// The bounded queue between callers and the reader threads.
pub(crate) struct ReadQueue<R = Reader> {
    state: Mutex<State<R>>,
    ready: Condvar,
    places: Semaphore,
}

struct State<R> {
    jobs: VecDeque<Job<R>>,
    is_closed: bool,
}

/// The store was closed before the read began.
pub(crate) struct ReadClosed;

impl<R: Serves> ReadQueue<R> {
    pub(crate) fn new(len_max: usize) -> ReadQueue<R> {
        let state = Mutex::new(State { jobs: VecDeque::new(), is_closed: false });
        ReadQueue { state, ready: Condvar::new(), places: Semaphore::new(len_max) }
    }

    fn state(&self) -> MutexGuard<'_, State<R>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `read` on a reader thread; waits for a place while the queue is full. A read that nobody waits for any more
    /// is skipped.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut R) -> Result<T, Fault> + Send + 'static,
    ) -> Result<Result<T, Fault>, ReadClosed> {
        let place = self.places.acquire().await.map_err(|_| ReadClosed)?;
        let (reply, answer) = oneshot::channel();
        let job = Box::new(move |reader: &mut R| {
            if !reply.is_closed() {
                let found = contain(|| read(reader)).unwrap_or_else(|text| Err(Fault::Panicked(text)));
                reader.settle();
                // The caller may have gone meanwhile.
                let _ = reply.send(found);
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

    /// Whether it takes in nothing more.
    pub(crate) fn is_closed(&self) -> bool {
        self.state().is_closed
    }

    /// Takes in nothing more; what waits already is still read.
    pub(crate) fn close(&self) {
        self.state().is_closed = true;
        close(&self.places);
        self.ready.notify_all();
    }

    fn next(&self) -> Option<Job<R>> {
        let mut state = self.state();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                drop(state);
                free(&self.places, 1);
                return Some(job);
            }
            if state.is_closed {
                return None;
            }
            state = self.ready.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The work of one reader thread, until the queue is closed and empty.
    pub(crate) fn serve(&self, mut reader: R) {
        while let Some(job) = self.next() {
            let _ = contain(|| job(&mut reader));
        }
    }
}
