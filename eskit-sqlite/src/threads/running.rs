use std::path::PathBuf;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use eskit_runtime::StoreError;
use eskit_runtime::log::{Place, StoreErrorKind};
use rusqlite::Connection;

use crate::append::synchronous::Synchronous;
use crate::error::{self, Fault, no_thread};
use crate::file::identity::FileGuard;
use crate::file::{place, snapshot};
use crate::open::connect::{self, Connections};
use crate::open::options::SqliteOptions;
use crate::threads::queue::{Refusal, WriteQueue};
use crate::threads::readers::{ReadQueue, Reader};
use crate::threads::request::Request;
use crate::threads::watch::Heads;
use crate::threads::writer::{self, WriteSide};

/// The threads of one open store, and what it shares with them.
pub(crate) struct Running {
    pub(crate) path: PathBuf,
    /// The process that opened the store: the threads do not follow into one that is forked from it.
    process: u32,
    is_read_only: bool,
    pub(crate) options: SqliteOptions,
    /// The projections that commit with the append.
    pub(crate) projections: Mutex<Vec<Arc<Synchronous>>>,
    write: Arc<WriteSide>,
    pub(crate) read: Arc<ReadQueue>,
    pub(crate) heads: Arc<Heads>,
    threads: Mutex<Threads>,
}

#[derive(Default)]
struct Threads {
    /// The reader threads and the poller.
    readers: Vec<JoinHandle<()>>,
    /// Hands its connection back, so that it is the last to close and tidies the write-ahead log away.
    writer: Option<JoinHandle<Option<Connection>>>,
}

impl Running {
    /// Starts the threads on opened connections.
    pub(crate) fn start(path: PathBuf, options: &SqliteOptions, opened: Connections) -> Result<Running, StoreError> {
        let Connections { writer, readers, poller, head } = opened;
        let write = WriteSide {
            path: path.clone(),
            queue: WriteQueue::new(options.queue_len),
            busy_timeout: options.busy_timeout,
            condition_steps: options.condition_steps,
            settle_after: i64::try_from(options.settle_after).unwrap_or(i64::MAX),
        };
        let running = Running {
            path,
            process: std::process::id(),
            is_read_only: writer.is_none(),
            options: options.clone(),
            projections: Mutex::default(),
            write: Arc::new(write),
            read: Arc::new(ReadQueue::new(options.queue_len)),
            heads: Arc::new(Heads::new(head, options.poll_interval)),
            threads: Mutex::default(),
        };
        let mut threads = Threads::default();
        let started = running.spawn(&mut threads, writer, readers, poller);
        *running.threads.lock().unwrap_or_else(PoisonError::into_inner) = threads;
        started.map(|()| running)
    }

    fn spawn(
        &self,
        threads: &mut Threads,
        writer: Option<Connection>,
        readers: Vec<Connection>,
        poller: Connection,
    ) -> Result<(), StoreError> {
        let named = |name: &str| std::thread::Builder::new().name(format!("eskit-sqlite-{name}"));
        for conn in readers {
            let read = Arc::clone(&self.read);
            let files = FileGuard::at(&self.path);
            threads
                .readers
                .push(named("reader").spawn(move || read.serve(Reader::new(conn, files))).map_err(no_thread)?);
        }
        let heads = Arc::clone(&self.heads);
        let files = FileGuard::at(&self.path);
        threads.readers.push(named("poller").spawn(move || heads.poll(&poller, files)).map_err(no_thread)?);
        if let Some(conn) = writer {
            let (write, heads) = (Arc::clone(&self.write), Arc::clone(&self.heads));
            let mut files = FileGuard::at(&self.path);
            let serve = move || {
                let conn = Rc::new(conn);
                writer::serve(&conn, &mut files, &write, &heads);
                if !files.may_checkpoint(&conn) {
                    connect::keep_from_file(&conn);
                }
                Rc::into_inner(conn)
            };
            threads.writer = Some(named("writer").spawn(serve).map_err(no_thread)?);
        }
        Ok(())
    }

    /// Refuses to work in a process that was forked from the one that opened the store: it has no threads, and SQLite's locks do
    /// not follow either.
    pub(crate) fn check_process(&self) -> Result<(), StoreError> {
        if self.process == std::process::id() {
            return Ok(());
        }
        let text = format!(
            "`{}` was opened before this process was forked from process {}\nhelp: open the store after the fork",
            self.path.display(),
            self.process
        );
        Err(StoreError::new(StoreErrorKind::Closed, text))
    }

    /// Refuses what writes, unless the store was opened for it and is still open.
    pub(crate) fn check_writable(&self) -> Result<(), StoreError> {
        self.check_process()?;
        if self.is_read_only {
            let text = format!("`{}` was opened for reading only", self.path.display());
            return Err(StoreError::new(StoreErrorKind::ReadOnly, text));
        }
        Ok(())
    }

    /// Hands a request to the writer.
    pub(crate) async fn write(&self, request: Request) -> Result<(), StoreError> {
        self.check_writable()?;
        self.write.queue.push(request).await.map_err(|refusal| self.refused(refusal))
    }

    /// The head of the log, which must hold a place.
    pub(crate) async fn head_behind(&self, place: Place) -> Result<Place, StoreError> {
        let read =
            move |reader: &mut Reader| snapshot::within(&reader.conn, || place::head_behind(&reader.conn, place));
        let head = self.run_read(read).await?;
        self.heads.set(head);
        Ok(head)
    }

    pub(crate) async fn run_read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut Reader) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.check_process()?;
        let checked = move |reader: &mut Reader| {
            let answer = read(reader)?;
            reader.check_file()?;
            Ok(answer)
        };
        match self.read.run(checked).await {
            Ok(result) => result.map_err(|fault| fault.into_error("read", &self.path)),
            Err(_) => Err(error::closed(&self.path)),
        }
    }

    fn refused(&self, refusal: Refusal) -> StoreError {
        match refusal {
            Refusal::Closed => error::closed(&self.path),
            Refusal::Failed(cause) => writer::failed_closed(&self.path, &cause),
        }
    }

    /// The writer is gone, and took a request with it.
    pub(crate) fn unanswered(&self) -> StoreError {
        let text = format!("the writer of `{}` ended before it answered", self.path.display());
        StoreError::new(StoreErrorKind::FailedClosed, text)
    }

    /// Takes in nothing more.
    pub(crate) fn refuse(&self) {
        self.write.queue.refuse(Refusal::Closed);
        self.read.close();
        self.heads.close();
    }

    /// Finishes what was taken in, and closes the connections. Blocks.
    pub(crate) fn shut_down(&self) {
        self.refuse();
        // Held to the end, so that another caller that closes at the same time waits too.
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        // A reply may drop the last clone on a thread of the store itself, which cannot wait for its own end.
        let this = std::thread::current().id();
        for thread in threads.readers.drain(..).filter(|thread| thread.thread().id() != this) {
            let _ = thread.join();
        }
        if let Some(thread) = threads.writer.take().filter(|thread| thread.thread().id() != this)
            && let Ok(Some(conn)) = thread.join()
        {
            // A failure to tidy up loses nothing: the next opening does it.
            let _ = conn.close();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.check_process().is_err() {
            // There are no threads to wait for, and to forget them is all that can be done with their handles.
            let threads = self.threads.get_mut().unwrap_or_else(PoisonError::into_inner);
            std::mem::forget(std::mem::take(threads));
            return;
        }
        self.shut_down();
    }
}
