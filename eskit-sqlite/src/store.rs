use std::fmt;
use std::path::Path;
use std::sync::Arc;

use eskit_runtime::log::{
    AddTagsError, AddedTags, Append, AppendError, Appended, ListStreams, LogId, LogStats, Page, Place, Query,
    ReadOptions, Statistics, StoreErrorKind, StreamChange, StreamError, StreamId, StreamInfo, StreamPage, StreamStatus,
    limits,
};
use eskit_runtime::store_kit::EncodedAppend;
use eskit_runtime::transfer::{DumpFrom, Load, LoadError, RecordPage, Transfer, check_load};
use eskit_runtime::{EventStore, StoreError, Timestamp};
use tokio::sync::oneshot;

use crate::append::load::EncodedLoad;
use crate::error::{self, no_thread};
use crate::file::{schema, snapshot};
use crate::open::options::SqliteOptions;
use crate::open::{backup, connect};
use crate::read::{dump, page, stats, stream_info, stream_list};
use crate::threads::request::{Reply, Request};
use crate::threads::running::Running;

/// A log in one SQLite file.
///
/// One writer thread commits the waiting appends of all callers in one transaction. Reads run on threads with connections of
/// their own, and never wait for the writer. Works in every async runtime. Other processes may open the same file and write to
/// it. Cheap to clone; clones share the store.
///
/// # Back up and restore
///
/// [`SqliteStore::backup`] copies the log while it is in use. So do SQLite's own tools: `VACUUM INTO 'copy.db'`, or `.backup` in the
/// sqlite3 shell. A plain copy of the file is not a backup: the latest events are in `campus.db-wal` beside it, and a copy that is
/// made during a checkpoint is damaged. Do not read the file from the program itself either, for example with `std::fs::copy`:
/// closing the file drops every SQLite lock of this process (POSIX locks belong to the process), and another process may then
/// remove the write-ahead log with the events that this one appends.
///
/// To restore a backup:
///
/// 1. End every program that has the log open.
/// 2. Remove `campus.db-wal` and `campus.db-shm`. They belong to the former log, and SQLite would write their pages into the backup.
/// 3. Copy the backup to `campus.db`.
/// 4. Start the programs again.
///
/// A store cannot prevent a copy over its open file, but it notices: appends, reads and opening the log then fail as `Corrupt`, and
/// no append is confirmed once the other file is in place. If the file or its write-ahead log is removed or replaced, appends fail
/// as `FailedClosed`, and so do reads once another file stands in its place. `watch` finds out within the poll interval.
///
/// # The write-ahead log
///
/// Appends are written to `campus.db-wal`. When it has about 16 MB, a commit copies it into the file, and the next commit starts it
/// again. That is not possible while a reader holds a snapshot of the log. Pages that this store returns hold none, but open
/// transactions of other connections do, such as the sqlite3 shell or a report, and so does a backup. During that time the
/// write-ahead log grows with each append, without a bound; afterwards it shrinks to 64 MiB.
///
/// ```no_run
/// # mod eskit { pub use eskit_runtime::*; pub use eskit_sqlite as sqlite; }
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use eskit::log::{Append, NewEvent, Query, ReadOptions};
/// use eskit::EventStore;
/// use eskit::sqlite::SqliteStore;
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
    pub(crate) running: Arc<Running>,
}

impl SqliteStore {
    /// Opens the file at `path` with the default [`SqliteOptions`]; creates the file if it is missing.
    ///
    /// # Errors
    /// As [`SqliteOptions::open`].
    pub async fn open(path: impl AsRef<Path>) -> Result<SqliteStore, StoreError> {
        SqliteOptions::new().open(path).await
    }

    /// Options for opening a store.
    pub fn options() -> SqliteOptions {
        SqliteOptions::new()
    }

    /// The absolute path of the file.
    pub fn path(&self) -> &Path {
        &self.running.path
    }

    async fn set_sealed(&self, to_seal: bool) -> Result<Place, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.running.write(Request::Seal(to_seal, Reply::new(reply))).await?;
        answer.await.unwrap_or_else(|_| Err(self.running.unanswered()))
    }

    async fn open_with(path: &Path, options: SqliteOptions) -> Result<SqliteStore, StoreError> {
        let path = connect::absolute(path)?;
        let (reply, answer) = oneshot::channel();
        let opener = move || {
            let result = connect::open(&path, &options).and_then(|opened| Running::start(path, &options, opened));
            // Nobody waits any more: the store closes again as it is dropped.
            let _ = reply.send(result);
        };
        std::thread::Builder::new().name("eskit-sqlite-open".into()).spawn(opener).map_err(no_thread)?;
        let gone = |_| StoreError::new(StoreErrorKind::Other, "the thread that opens the store ended early");
        let running = answer.await.map_err(gone)??;
        Ok(SqliteStore { running: Arc::new(running) })
    }

    /// Closes the store for all its clones. Queued appends and reads are finished; later calls, and calls of `watch` that wait,
    /// fail as `Closed`. Dropping the last clone does the same, but blocks the thread.
    pub async fn close(&self) {
        if self.running.check_process().is_err() {
            return;
        }
        let running = Arc::clone(&self.running);
        running.refuse();
        let (reply, answer) = oneshot::channel::<()>();
        let closer = move || {
            running.shut_down();
            drop(running);
            drop(reply);
        };
        match std::thread::Builder::new().name("eskit-sqlite-close".into()).spawn(closer) {
            // The channel closes without a message when the thread is done.
            Ok(_) => drop(answer.await),
            Err(_) => self.running.shut_down(),
        }
    }

    /// Writes a consistent copy of the log to a new file at `path`; appends continue meanwhile. The copy is a log of its own, and
    /// is complete and durable when this returns. If it fails, there is no file at `path`.
    ///
    /// Takes as long as reading the log once. During that time, the write-ahead log grows with each append. Dropping the future
    /// does not stop the copying.
    ///
    /// ```no_run
    /// # mod eskit { pub use eskit_runtime::*; pub use eskit_sqlite as sqlite; }
    /// # async fn example(store: eskit::sqlite::SqliteStore) -> Result<(), eskit::StoreError> {
    /// store.backup("backup/campus-2026-11-29.db").await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `Invalid` if there is already a file at `path`, `Unavailable` if its folder cannot be written, `Full`, `Corrupt`, or
    /// `Closed`.
    pub async fn backup(&self, path: impl AsRef<Path>) -> Result<(), StoreError> {
        self.running.check_process()?;
        if self.running.read.is_closed() {
            return Err(error::closed(&self.running.path));
        }
        let (from, to) = (self.running.path.clone(), connect::absolute(path.as_ref())?);
        let (reply, answer) = oneshot::channel();
        let copier = move || {
            // The caller may have gone meanwhile: the copy is made all the same.
            let _ = reply.send(backup::copy(&from, &to));
        };
        std::thread::Builder::new().name("eskit-sqlite-backup".into()).spawn(copier).map_err(no_thread)?;
        let gone = |_| StoreError::new(StoreErrorKind::Other, "the thread that makes the backup ended early");
        answer.await.map_err(gone)?
    }
}

impl SqliteOptions {
    /// Opens the file at `path`.
    ///
    /// # Errors
    /// `Foreign` if the file belongs to another program or to a newer version of this one; `Unavailable` if its folder is missing, or
    /// if the file is missing and may not be created; `ReadOnly`, `Busy`, `Full`, or `Corrupt`.
    pub async fn open(self, path: impl AsRef<Path>) -> Result<SqliteStore, StoreError> {
        SqliteStore::open_with(path.as_ref(), self).await
    }
}

impl EventStore for SqliteStore {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        limits::check_append(&append)?;
        let encoded = EncodedAppend::new(append)?;
        let (reply, answer) = oneshot::channel();
        self.running.write(Request::Append(encoded, Reply::new(reply))).await?;
        answer.await.unwrap_or_else(|_| Err(AppendError::UnknownOutcome(self.running.unanswered())))
    }

    async fn read(&self, query: &Query, options: ReadOptions) -> Result<Page, StoreError> {
        limits::check_read(query, &options)?;
        let query = query.clone();
        self.running.run_read(move |reader| page::read(&reader.conn, &mut reader.names, &query, &options)).await
    }

    async fn log_id(&self) -> Result<LogId, StoreError> {
        self.running.run_read(|reader| schema::log_id(&reader.conn)).await
    }

    async fn head(&self) -> Result<Place, StoreError> {
        self.running.head_behind(Place::START).await
    }

    async fn watch(&self, after: Place) -> Result<Place, StoreError> {
        let mut watcher = self.running.heads.watcher();
        loop {
            // What this process knows of the head may be that of a log that was replaced since.
            let head = self.running.head_behind(after).await?;
            if head.position > after.position {
                return Ok(head);
            }
            watcher.moved().await.map_err(|_| error::closed(&self.running.path))?;
        }
    }

    async fn stream_info(&self, stream: &StreamId) -> Result<StreamInfo, StoreError> {
        limits::check_stream(stream)?;
        let stream = stream.clone();
        self.running
            .run_read(move |reader| snapshot::within(&reader.conn, || stream_info::info(&reader.conn, &stream)))
            .await
    }

    async fn list_streams(&self, list: &ListStreams) -> Result<StreamPage, StoreError> {
        limits::check_list(list)?;
        let list = list.clone();
        self.running
            .run_read(move |reader| snapshot::within(&reader.conn, || stream_list::list(&reader.conn, &list)))
            .await
    }

    /// The bytes of deleted events are overwritten in the file, at the latest when the last process closes it. Until then they may
    /// be in the write-ahead log beside it, and they stay in backups. Copies of tags and of the stream's name may remain in unused
    /// parts of pages that SQLite has split; `VACUUM` removes them.
    async fn change_stream(&self, stream: &StreamId, change: StreamChange) -> Result<StreamStatus, StreamError> {
        limits::check_change(stream, &change)?;
        let (reply, answer) = oneshot::channel();
        self.running.write(Request::Change(stream.clone(), change, Reply::new(reply))).await?;
        answer.await.unwrap_or_else(|_| Err(self.running.unanswered().into()))
    }

    async fn add_tags(&self, added: Vec<AddedTags>) -> Result<u64, AddTagsError> {
        limits::check_add_tags(&added)?;
        let (reply, answer) = oneshot::channel();
        self.running.write(Request::AddTags(added, Reply::new(reply))).await?;
        answer.await.unwrap_or_else(|_| Err(self.running.unanswered().into()))
    }
}

impl Statistics for SqliteStore {
    async fn stats(&self) -> Result<LogStats, StoreError> {
        self.running.run_read(|reader| snapshot::within(&reader.conn, || stats::stats(&reader.conn))).await
    }
}

/// Loading writes one page in one transaction, together with the appends that wait. A store with synchronous projections loads nothing:
/// load first, and open the store with them afterwards.
impl Transfer for SqliteStore {
    async fn dump(&self, from: &DumpFrom) -> Result<RecordPage, StoreError> {
        let from = from.clone();
        self.running.run_read(move |reader| dump::dump(&reader.conn, &mut reader.names, &from)).await
    }

    async fn load(&self, load: Load) -> Result<Place, LoadError> {
        check_load(&load)?;
        let (reply, answer) = oneshot::channel();
        self.running.write(Request::Load(EncodedLoad::new(load)?, Reply::new(reply))).await?;
        answer.await.unwrap_or_else(|_| Err(self.running.unanswered().into()))
    }

    async fn seal(&self) -> Result<Place, StoreError> {
        self.set_sealed(true).await
    }

    async fn unseal(&self) -> Result<(), StoreError> {
        self.set_sealed(false).await.map(drop)
    }

    async fn sealed_at(&self) -> Result<Option<Timestamp>, StoreError> {
        self.running.run_read(|reader| schema::sealed_by(&mut *reader.conn.prepare_cached(schema::SEALED_AT)?)).await
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("path", &self.running.path).finish_non_exhaustive()
    }
}
