use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use eskit_runtime::{
    AddTagsError, AddedTags, Append, AppendError, Appended, EventStore, LogId, Page, Place, Query, ReadOptions,
    StoreError, StoreErrorKind, StreamChange, StreamError, StreamId, StreamInfo, StreamStatus, limits,
};
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::append::lifecycle;
use crate::error::{self, Fault};
use crate::file::identity::FileGuard;
use crate::file::place;
use crate::file::schema;
use crate::file::snapshot;
use crate::open::backup;
use crate::open::connect::{self, Connections};
use crate::open::options::SqliteOptions;
use crate::read::page;
use crate::threads::queue::{Refusal, WriteQueue};
use crate::threads::readers::{ReadQueue, Reader};
use crate::threads::request::{EncodedAppend, Reply, Request};
use crate::threads::watch::Heads;
use crate::threads::writer::{self, WriteSide};

/// A log in one SQLite file.
///
/// Appends of all callers go through one writer thread, which commits what waits in one transaction; reads run on
/// threads with connections of their own and never wait for the writer. Works under any async executor. Other processes
/// may open the same file and write to it. Cheap to clone; clones share the store.
///
/// # Back up and restore
///
/// [`SqliteStore::backup`] copies the log while it is in use, and so do SQLite's own means: `VACUUM INTO 'copy.db'`, or `.backup` of the
/// sqlite3 shell. A plain copy of the file is no backup. The latest events lie in `campus.db-wal` beside it, and a copy that is made
/// while a checkpoint writes to the file is damaged. When the program itself reads the file, as with `std::fs::copy`, closing it
/// also drops every lock of SQLite in this process (POSIX locks belong to the process): another process may then remove the
/// write-ahead log with the events that this one appends.
///
/// To restore a backup:
///
/// 1. End every program that has the log open.
/// 2. Remove `campus.db-wal` and `campus.db-shm`. They belong to the log as it was: SQLite would write their pages into the backup.
/// 3. Copy the backup to `campus.db`.
/// 4. Start the programs again.
///
/// A store cannot keep others from copying over its file, but it notices: appends, reads and opening the log then fail as
/// `Corrupt`, and from the moment on in which another file lies there no append is confirmed. The same holds when the file or
/// its write-ahead log is removed or replaced: then appends fail as `FailedClosed`.
///
/// # The write-ahead log
///
/// Each append goes to `campus.db-wal`; a commit that finds about 16 MB there copies it into the file, and the next one begins it
/// anew. It cannot as long as any reader holds a snapshot of the log. A page that this store returns holds none. An open
/// transaction of another connection does, such as one of the sqlite3 shell or a report, and so does a backup: in this time
/// the write-ahead log grows by all that is appended, without a bound, and shrinks to 64 MiB afterwards.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use eskit_runtime::{Append, EventStore, NewEvent, Query, ReadOptions};
/// use eskit_sqlite::SqliteStore;
///
/// let store = SqliteStore::open("campus.db").await?;
/// store.append(Append::new(vec![NewEvent::json("campus.Opened", "{}")])).await?;
/// let page = store.read(&Query::all(), ReadOptions::default()).await?;
/// assert_eq!(page.events[0].name, "campus.Opened");
/// store.close().await;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct SqliteStore {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    /// The process that opened the store: the threads do not follow into one that is forked from it.
    process: u32,
    is_read_only: bool,
    write: Arc<WriteSide>,
    read: Arc<ReadQueue>,
    heads: Arc<Heads>,
    threads: Mutex<Threads>,
}

#[derive(Default)]
struct Threads {
    /// The reader threads and the poller.
    readers: Vec<JoinHandle<()>>,
    /// Hands its connection back, so that it is the last to close and tidies the write-ahead log away.
    writer: Option<JoinHandle<Connection>>,
}

impl SqliteStore {
    /// Opens the file at `path` with the default [`SqliteOptions`]; creates it when it is missing.
    ///
    /// # Errors
    /// As [`SqliteOptions::open`].
    pub async fn open(path: impl AsRef<Path>) -> Result<SqliteStore, StoreError> {
        SqliteOptions::new().open(path).await
    }

    /// How to open a store otherwise than by default.
    pub fn options() -> SqliteOptions {
        SqliteOptions::new()
    }

    /// The absolute path of the file.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    pub(crate) async fn open_with(path: &Path, options: SqliteOptions) -> Result<SqliteStore, StoreError> {
        let path = connect::absolute(path)?;
        let (reply, answer) = oneshot::channel();
        let opener = move || {
            let result = connect::open(&path, &options).and_then(|opened| Inner::start(path, &options, opened));
            // Nobody waits any more: the store closes again as it is dropped.
            let _ = reply.send(result);
        };
        std::thread::Builder::new().name("eskit-sqlite-open".into()).spawn(opener).map_err(no_thread)?;
        let gone = |_| StoreError::new(StoreErrorKind::Other, "the thread that opens the store ended early");
        let inner = answer.await.map_err(gone)??;
        Ok(SqliteStore { inner: Arc::new(inner) })
    }

    /// Closes the store for all its clones: appends and reads that were taken in are finished, later ones fail as closed,
    /// and whoever waits in `watch` is told. Dropping the last clone does the same, but blocks the thread meanwhile.
    pub async fn close(&self) {
        if self.inner.check_process().is_err() {
            return;
        }
        let inner = Arc::clone(&self.inner);
        inner.refuse();
        let (reply, answer) = oneshot::channel::<()>();
        let closer = move || {
            inner.shut_down();
            drop(inner);
            drop(reply);
        };
        match std::thread::Builder::new().name("eskit-sqlite-close".into()).spawn(closer) {
            // The channel closes without a message when the thread is done.
            Ok(_) => drop(answer.await),
            Err(_) => self.inner.shut_down(),
        }
    }

    /// Writes a copy of the log to a new file at `path`, as of one moment, while others append. The copy is a log of its own,
    /// whole and durable when this returns; when it fails, there is no file at `path`.
    ///
    /// Takes as long as reading the log once. In this time the write-ahead log beside the log's file cannot begin anew, so it
    /// grows by what is appended. Dropping the future does not stop the copying.
    ///
    /// ```no_run
    /// # async fn example(store: eskit_sqlite::SqliteStore) -> Result<(), eskit_runtime::StoreError> {
    /// store.backup("backup/campus-2026-11-29.db").await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `Invalid` when there is a file at `path` already, `Unavailable` when its folder cannot be written, `Full`, `Corrupt`, or
    /// `Closed`.
    pub async fn backup(&self, path: impl AsRef<Path>) -> Result<(), StoreError> {
        self.inner.check_process()?;
        if self.inner.read.is_closed() {
            return Err(error::closed(&self.inner.path));
        }
        let (from, to) = (self.inner.path.clone(), connect::absolute(path.as_ref())?);
        let (reply, answer) = oneshot::channel();
        let copier = move || {
            // The caller may have gone meanwhile: the copy is made all the same.
            let _ = reply.send(backup::copy(&from, &to));
        };
        std::thread::Builder::new().name("eskit-sqlite-backup".into()).spawn(copier).map_err(no_thread)?;
        let gone = |_| StoreError::new(StoreErrorKind::Other, "the thread that makes the backup ended early");
        answer.await.map_err(gone)?
    }

    /// Hands a request to the writer.
    async fn write(&self, request: Request) -> Result<(), StoreError> {
        self.inner.check_process()?;
        if self.inner.is_read_only {
            let text = format!("`{}` was opened for reading only", self.inner.path.display());
            return Err(StoreError::new(StoreErrorKind::ReadOnly, text));
        }
        self.inner.write.queue.push(request).await.map_err(|refusal| self.inner.refused(refusal))
    }

    /// The head of the log, which must hold a place.
    async fn head_behind(&self, place: Place) -> Result<Place, StoreError> {
        let read =
            move |reader: &mut Reader| snapshot::within(&reader.conn, || place::head_behind(&reader.conn, place));
        let head = self.run_read(read).await?;
        self.inner.heads.set(head);
        Ok(head)
    }

    async fn run_read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut Reader) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.inner.check_process()?;
        match self.inner.read.run(read).await {
            Ok(result) => result.map_err(|fault| fault.into_error("read", &self.inner.path)),
            Err(_) => Err(error::closed(&self.inner.path)),
        }
    }
}

impl EventStore for SqliteStore {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        limits::check_append(&append)?;
        let encoded = EncodedAppend::new(append)?;
        let (reply, answer) = oneshot::channel();
        self.write(Request::Append(encoded, Reply::new(reply))).await?;
        answer.await.unwrap_or_else(|_| Err(AppendError::UnknownOutcome(self.inner.unanswered())))
    }

    async fn read(&self, query: &Query, options: ReadOptions) -> Result<Page, StoreError> {
        limits::check_read(query, &options)?;
        let query = query.clone();
        self.run_read(move |reader| {
            let page = page::read(&reader.conn, &mut reader.names, &query, &options)?;
            reader.check_file()?;
            Ok(page)
        })
        .await
    }

    async fn log_id(&self) -> Result<LogId, StoreError> {
        self.run_read(|reader| schema::log_id(&reader.conn)).await
    }

    async fn head(&self) -> Result<Place, StoreError> {
        self.head_behind(Place::START).await
    }

    async fn watch(&self, after: Place) -> Result<Place, StoreError> {
        let mut watcher = self.inner.heads.watcher();
        loop {
            // What this process knows of the head may be that of a log that was replaced since.
            let head = self.head_behind(after).await?;
            if head.position > after.position {
                return Ok(head);
            }
            watcher.moved().await.map_err(|_| error::closed(&self.inner.path))?;
        }
    }

    async fn stream_info(&self, stream: &StreamId) -> Result<StreamInfo, StoreError> {
        limits::check_stream(stream)?;
        let stream = stream.clone();
        self.run_read(move |reader| snapshot::within(&reader.conn, || lifecycle::info(&reader.conn, &stream))).await
    }

    /// Bytes of a deleted event are overwritten in the file, at the latest when the last process closes it; until then
    /// they may lie in the write-ahead log beside it, and in backups. Copies of its tags and of the stream's name may stay in
    /// gaps of pages that SQLite has split; `VACUUM` removes them.
    async fn change_stream(&self, stream: &StreamId, change: StreamChange) -> Result<StreamStatus, StreamError> {
        limits::check_change(stream, &change)?;
        let (reply, answer) = oneshot::channel();
        self.write(Request::Change(stream.clone(), change, Reply::new(reply))).await?;
        answer.await.unwrap_or_else(|_| Err(self.inner.unanswered().into()))
    }

    async fn add_tags(&self, added: Vec<AddedTags>) -> Result<u64, AddTagsError> {
        limits::check_add_tags(&added)?;
        let (reply, answer) = oneshot::channel();
        self.write(Request::AddTags(added, Reply::new(reply))).await?;
        answer.await.unwrap_or_else(|_| Err(self.inner.unanswered().into()))
    }
}

impl Inner {
    /// Starts the threads on opened connections.
    fn start(path: PathBuf, options: &SqliteOptions, opened: Connections) -> Result<Inner, StoreError> {
        let Connections { writer, readers, poller, head } = opened;
        let write = WriteSide {
            path: path.clone(),
            queue: WriteQueue::new(options.queue_len),
            busy_timeout: options.busy_timeout,
            condition_steps: options.condition_steps,
            settle_after: i64::try_from(options.settle_after).unwrap_or(i64::MAX),
        };
        let inner = Inner {
            path,
            process: std::process::id(),
            is_read_only: writer.is_none(),
            write: Arc::new(write),
            read: Arc::new(ReadQueue::new(options.queue_len)),
            heads: Arc::new(Heads::new(head, options.poll_interval)),
            threads: Mutex::default(),
        };
        let mut threads = Threads::default();
        let started = inner.spawn(&mut threads, writer, readers, poller);
        *inner.threads.lock().unwrap_or_else(PoisonError::into_inner) = threads;
        started.map(|()| inner)
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
            threads.readers.push(named("reader").spawn(move || read.serve(conn, files)).map_err(no_thread)?);
        }
        let heads = Arc::clone(&self.heads);
        threads.readers.push(named("poller").spawn(move || heads.poll(&poller)).map_err(no_thread)?);
        if let Some(conn) = writer {
            let (write, heads) = (Arc::clone(&self.write), Arc::clone(&self.heads));
            let mut files = FileGuard::at(&self.path);
            let serve = move || {
                writer::serve(&conn, &mut files, &write, &heads);
                if !files.may_checkpoint(&conn) {
                    connect::keep_from_file(&conn);
                }
                conn
            };
            threads.writer = Some(named("writer").spawn(serve).map_err(no_thread)?);
        }
        Ok(())
    }

    /// Refuses to work in a process that was forked from the one that opened the store: it has no threads, and SQLite's locks do
    /// not follow either.
    fn check_process(&self) -> Result<(), StoreError> {
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

    fn refused(&self, refusal: Refusal) -> StoreError {
        match refusal {
            Refusal::Closed => error::closed(&self.path),
            Refusal::Failed(cause) => writer::failed_closed(&self.path, &cause),
        }
    }

    /// The writer is gone, and took a request with it.
    fn unanswered(&self) -> StoreError {
        let text = format!("the writer of `{}` ended before it answered", self.path.display());
        StoreError::new(StoreErrorKind::FailedClosed, text)
    }

    /// Takes in nothing more.
    fn refuse(&self) {
        self.write.queue.refuse(Refusal::Closed);
        self.read.close();
        self.heads.close();
    }

    /// Finishes what was taken in, and closes the connections. Blocks.
    fn shut_down(&self) {
        self.refuse();
        // Held to the end, so that whoever closes at the same time waits too.
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        // A reply may drop the last clone on a thread of the store itself, which cannot wait for its own end.
        let this = std::thread::current().id();
        for thread in threads.readers.drain(..).filter(|thread| thread.thread().id() != this) {
            let _ = thread.join();
        }
        if let Some(thread) = threads.writer.take().filter(|thread| thread.thread().id() != this)
            && let Ok(conn) = thread.join()
        {
            // A failure to tidy up loses nothing: the next opening does it.
            let _ = conn.close();
        }
    }
}

impl Drop for Inner {
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

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("path", &self.inner.path).finish_non_exhaustive()
    }
}

fn no_thread(error: std::io::Error) -> StoreError {
    StoreError::new(StoreErrorKind::Other, format!("cannot start a thread of the store: {error}")).with_source(error)
}
