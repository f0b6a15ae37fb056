use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use eskit_runtime::log::{Position, StoreErrorKind};
use eskit_runtime::model::AggregateType;
use eskit_runtime::rows::{ReadRows, RowSelect, StoredRow};
use eskit_runtime::subscription::{
    Apply, ApplyError, Asked, Batch, ChangeHub, ChangeHubs, Changed, Checkpoint, Claim, Claimed, Ended, Handle,
    LatestRequests, ParkedEvent, Request, Subscriber, Subscription, Views,
};
use eskit_runtime::{RecordedEvent, StoreError};
use rusqlite::Connection;

use crate::error::no_thread;
use crate::handlers::tx::Tx;
use crate::open::connect;
use crate::threads::readers::ReadQueue;
use crate::views::fault::{failed, gone};
use crate::views::lock::ClaimLock;
use crate::views::names::{ModelId, Names};
use crate::views::open::Opened;
use crate::views::outbox::Outbox;
use crate::views::reader::ViewReader;
use crate::views::rows::Fence;
use crate::views::writer::Writer;
use crate::views::{aggregate_rows, catalogue, claims, page, requests};

/// Reads that may be queued.
const QUEUE_LEN: usize = 4096;

/// Read models in SQLite, each with the checkpoint of its subscription.
///
/// `views.db` only says which version of each projection readers see. Each version has a file of its own beside it, such as
/// `views.course-list.2.db`, with its tables, its checkpoint, and its parked events, so that they are committed together. A new
/// version is built beside the old one, which readers see until the new one has handled the whole log. The old file stays until
/// [`SqliteViews::remove_version`].
///
/// Handlers run on a thread of each file, so async callers are never blocked. Reads run on other threads and see committed batches
/// only. Works in every async runtime. Cheap to clone; clones share everything.
///
/// A claim is a lock on a file such as `views.course-list.2.lock`, which the operating system frees when the process ends, however
/// it ends. So another process takes over at once. Keep the files on a local disk.
///
/// Commits do not wait for the disk (`synchronous=NORMAL`). A loss of power may undo the last of them, and always rows and checkpoint
/// together: the subscription handles those events again.
///
/// ```no_run
/// # mod eskit { pub use eskit_runtime::*; pub use eskit_sqlite as sqlite; }
/// # async fn example<CourseList: eskit::subscription::Subscriber>() -> Result<(), eskit::StoreError> {
/// use eskit::sqlite::SqliteViews;
///
/// let views = SqliteViews::open("views.db").await?;
/// let seats: i64 = views
///     .read::<CourseList, _>(|conn| conn.query_row("SELECT seats FROM courses WHERE id = 'c1'", [], |row| row.get(0)))
///     .await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct SqliteViews {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    names: Names,
    /// The process that opened the views: the threads do not follow into one that is forked from it.
    process: u32,
    readers: Arc<ReadQueue<ViewReader>>,
    writers: Mutex<HashMap<ModelId, Weak<Writer>>>,
    /// The writers of lists of work that were used, so that they are not started for each call.
    lists: Mutex<HashMap<ModelId, Arc<Writer>>>,
    pub(super) hubs: ChangeHubs,
    requests: LatestRequests,
    /// The connection that writes snapshots, once there are some.
    pub(super) snapshots: Mutex<Option<Opened>>,
    /// The connection that writes the log of commands, once there is one.
    pub(super) commands: Mutex<Option<Opened>>,
    /// The file of the program from which commands for queues are taken, if there is one.
    pub(super) outbox: OnceLock<Outbox>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.readers.close();
    }
}

/// Keeps a claim on a subscription of [`SqliteViews`]. Dropping it frees the claim at once.
pub struct SqliteGuard {
    part: u32,
    writer: Arc<Writer>,
    id: ModelId,
    hub: Arc<ChangeHub>,
    lock: ClaimLock,
}

impl fmt::Debug for SqliteGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteGuard").field("path", &self.writer.path).field("part", &self.part).finish_non_exhaustive()
    }
}

impl fmt::Debug for SqliteViews {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteViews").field("path", &self.shared.names.catalogue).finish_non_exhaustive()
    }
}

impl SqliteViews {
    /// Opens the views whose catalogue is at `path`; creates it if it is missing. Its folder must be there.
    ///
    /// # Errors
    /// `Foreign` if the file belongs to another program, to a newer version of this one, or is a log; `Unavailable` if its folder is
    /// missing or `path` is a folder; `ReadOnly`, `Busy`, `Full`, or `Corrupt`.
    pub async fn open(path: impl AsRef<Path>) -> Result<SqliteViews, StoreError> {
        let views = SqliteViews::start(path.as_ref())?;
        views.on_reader(|reader| catalogue::open(&reader.names.catalogue).map(drop)).await?;
        Ok(views)
    }

    /// Opens views that are there, and creates nothing.
    ///
    /// # Errors
    /// `Unavailable` if there is no file at `path`; otherwise as [`SqliteViews::open`].
    pub async fn open_existing(path: impl AsRef<Path>) -> Result<SqliteViews, StoreError> {
        let views = SqliteViews::start(path.as_ref())?;
        views.on_reader(|reader| catalogue::check(&reader.names.catalogue)).await?;
        Ok(views)
    }

    /// Starts the threads that read, before any file is looked at.
    fn start(path: &Path) -> Result<SqliteViews, StoreError> {
        connect::check_version(rusqlite::version_number())?;
        let catalogue = connect::absolute(path)?;
        connect::check_new_name(&catalogue)?;
        let names = Names { catalogue };
        let readers = Arc::new(ReadQueue::new(QUEUE_LEN));
        let shared = Shared {
            names: names.clone(),
            process: std::process::id(),
            readers: Arc::clone(&readers),
            writers: Mutex::default(),
            lists: Mutex::default(),
            hubs: ChangeHubs::new(sleep),
            requests: LatestRequests::default(),
            snapshots: Mutex::default(),
            commands: Mutex::default(),
            outbox: OnceLock::new(),
        };
        let threads = std::thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, 8));
        for _ in 0..threads {
            let (readers, reader) = (Arc::clone(&readers), ViewReader::new(names.clone()));
            let thread = std::thread::Builder::new().name("eskit-view-reader".into());
            thread.spawn(move || readers.serve(reader)).map_err(no_thread)?;
        }
        Ok(SqliteViews { shared: Arc::new(shared) })
    }

    /// The absolute path of the catalogue.
    pub fn path(&self) -> &Path {
        &self.shared.names.catalogue
    }

    /// Reads the version of a read model that is active. All statements of one call see the same state of it. The connection is
    /// for reading only.
    ///
    /// # Errors
    /// `Unavailable` if no version of it was built yet; otherwise the kind by SQLite's error, and `Other` for mistakes in the SQL.
    pub async fn read<P: Subscriber, T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.on_reader(move |reader| reader.read_active(P::TYPE.name, read)).await
    }

    /// Removes the files of a version that is neither active nor claimed by any process, with its items of work. Returns whether it was
    /// there.
    ///
    /// # Errors
    /// `Invalid` if readers see that version; `Busy` if a process has claimed it.
    pub async fn remove_version(&self, name: &str, version: u32) -> Result<bool, StoreError> {
        let id = ModelId::new(name, version)?;
        let writer = self.lists().remove(&id);
        if let Some(writer) = writer {
            writer.end().await;
        }
        self.on_reader(move |reader| claims::remove(reader, &id)).await
    }

    /// Runs a job on a reader thread.
    pub(super) async fn on_reader<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut ViewReader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.check_process()?;
        let path = &self.shared.names.catalogue;
        match self.shared.readers.run(move |reader| Ok(job(reader))).await {
            Ok(done) => done.map_err(|fault| failed(fault, "read", path))?,
            Err(_) => Err(gone(path)),
        }
    }

    pub(super) fn check_process(&self) -> Result<(), StoreError> {
        let path = &self.shared.names.catalogue;
        if self.shared.process == std::process::id() { Ok(()) } else { Err(gone(path)) }
    }

    /// Whether readers see the version of a claim; asked after a commit.
    fn is_seen(&self, claim: &Claim<SqliteGuard>) -> impl FnOnce() -> bool + Send + use<> {
        let (is_active, names, id) = (claim.checkpoint.is_active, self.shared.names.clone(), claim.guard.id.clone());
        move || is_active || catalogue::shows(&names, &id)
    }

    /// The writers of the lists that were used.
    pub(super) fn lists(&self) -> MutexGuard<'_, HashMap<ModelId, Arc<Writer>>> {
        self.shared.lists.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The thread that writes to a read model; starts it if it is not running. Blocks.
    pub(super) fn writer(&self, id: &ModelId) -> Result<Arc<Writer>, StoreError> {
        let mut writers = self.shared.writers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(writer) = writers.get(id).and_then(Weak::upgrade)
            && writer.is_there()
        {
            return Ok(writer);
        }
        writers.retain(|_, writer| writer.strong_count() > 0);
        let writer = Arc::new(Writer::start(&self.shared.names.model(id), id)?);
        writers.insert(id.clone(), Arc::downgrade(&writer));
        Ok(writer)
    }

    /// As [`SqliteViews::writer`], for a read model that is there.
    pub(super) async fn existing_writer(&self, id: ModelId) -> Result<Option<Arc<Writer>>, StoreError> {
        let views = self.clone();
        self.on_reader(
            move |_| {
                if views.shared.names.model(&id).is_file() { views.writer(&id).map(Some) } else { Ok(None) }
            },
        )
        .await
    }
}

fn sleep(time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(futures_timer::Delay::new(time))
}

fn fence(claim: &Claim<SqliteGuard>) -> Fence {
    Fence { part: claim.guard.part, epoch: claim.checkpoint.epoch, from: claim.checkpoint.place }
}

impl Views for SqliteViews {
    type Guard = SqliteGuard;

    async fn claim(&self, subscription: &Subscription) -> Result<Claimed<SqliteGuard>, StoreError> {
        let id = ModelId::new(&subscription.name, subscription.version)?;
        let (views, wanted) = (self.clone(), subscription.clone());
        let taken = self.on_reader(move |reader| {
            let Some(lock) = ClaimLock::try_take(&reader.names, &id, wanted.partition)? else {
                return Ok(Err(claims::standby(reader, &id, &wanted)?));
            };
            let is_active = reader.active(&id.name)? == Some(id.version);
            let (writer, hub) = (views.writer(&id)?, views.shared.hubs.of(&id.name));
            Ok(Ok((SqliteGuard { part: wanted.partition.index, writer, id, hub, lock }, is_active)))
        });
        let (guard, is_active) = match taken.await? {
            Ok(taken) => taken,
            Err(checkpoint) => return Ok(Claimed::Standby(checkpoint)),
        };
        let (id, path, wanted) = (guard.id.clone(), guard.writer.path.clone(), subscription.clone());
        let mut checkpoint = guard.writer.run(move |tx| claims::claim(tx, &path, &id, &wanted)).await?;
        checkpoint.is_active = is_active;
        Ok(Claimed::Leader(Claim { checkpoint, guard }))
    }

    async fn release(&self, claim: Claim<SqliteGuard>) {
        let SqliteGuard { writer, lock, .. } = claim.guard;
        // First, since closing the file may take a while.
        drop(lock);
        writer.end().await;
    }

    async fn set_events(&self, claim: &Claim<SqliteGuard>, events: Vec<String>) -> Result<(), ApplyError> {
        self.check_process()?;
        let (fence, path) = (fence(claim), claim.guard.writer.path.clone());
        claim.guard.writer.run(move |tx| claims::set_events(tx, &path, &fence, &events)).await
    }

    async fn activate(&self, claim: &Claim<SqliteGuard>) -> Result<bool, ApplyError> {
        self.check_process()?;
        let (fence, path, id) = (fence(claim), claim.guard.writer.path.clone(), claim.guard.id.clone());
        let (names, hub) = (self.shared.names.clone(), Arc::clone(&claim.guard.hub));
        let activate = move |tx: &mut Tx| {
            let is_seen = claims::set_ready(tx, &path, &fence)? && catalogue::activate(&names, &id)?;
            if is_seen {
                hub.tell(Changed::All);
            }
            Ok(is_seen)
        };
        claim.guard.writer.run(activate).await
    }

    async fn restart(&self, claim: &Claim<SqliteGuard>, subscription: &Subscription) -> Result<(), ApplyError> {
        self.check_process()?;
        let (fence, path, wanted) = (fence(claim), claim.guard.writer.path.clone(), subscription.clone());
        let hub = Arc::clone(&claim.guard.hub);
        let is_seen = self.is_seen(claim);
        let restart = move |tx: &mut Tx| {
            let pending = hub.begin(wanted.version);
            claims::restart(tx, &path, &fence, &wanted)?;
            pending.committed(Changed::All, is_seen());
            Ok(())
        };
        claim.guard.writer.run(restart).await
    }

    async fn checkpoints(&self) -> Result<Vec<Checkpoint>, StoreError> {
        self.on_reader(ViewReader::all_checkpoints).await
    }

    async fn parked(&self, name: &str, version: u32) -> Result<Vec<ParkedEvent>, StoreError> {
        let id = ModelId::new(name, version)?;
        self.on_reader(move |reader| reader.parked(&id)).await
    }

    async fn drop_parked(&self, name: &str, version: u32, position: Position) -> Result<bool, StoreError> {
        let Some(writer) = self.existing_writer(ModelId::new(name, version)?).await? else { return Ok(false) };
        let path = writer.path.clone();
        writer.run(move |tx| claims::drop_parked(tx, &path, position)).await
    }

    async fn requests(&self) -> Result<Vec<Request>, StoreError> {
        self.on_reader(|reader| reader.on_catalogue("read", requests::all)).await
    }

    async fn recent_requests(&self, within: Duration) -> Result<Arc<Vec<Request>>, StoreError> {
        self.shared.requests.get(within, self.requests()).await
    }

    async fn request(&self, name: &str, version: u32, asked: Asked) -> Result<Request, StoreError> {
        let name = name.to_owned();
        self.on_reader(move |reader| reader.on_catalogue("write", |conn| requests::ask(conn, &name, version, &asked)))
            .await
    }

    async fn end_request(&self, request: &Request, ended: Ended) -> Result<bool, StoreError> {
        let request = request.clone();
        self.on_reader(move |reader| reader.on_catalogue("write", |conn| requests::end(conn, &request, &ended))).await
    }
}

impl<P: Handle<Tx>> Apply<P> for SqliteViews {
    async fn apply(&self, claim: &Claim<SqliteGuard>, subscriber: &Arc<P>, batch: &Batch) -> Result<(), ApplyError> {
        self.check_process()?;
        let (fence, path, batch) = (fence(claim), claim.guard.writer.path.clone(), batch.clone());
        let (hub, subscriber, version) = (Arc::clone(&claim.guard.hub), Arc::clone(subscriber), claim.guard.id.version);
        let is_seen = self.is_seen(claim);
        let apply = move |tx: &mut Tx| {
            let pending = hub.begin(version);
            let changed = page::apply(tx, &path, &fence, &*subscriber, &batch)?;
            let is_seen = !changed.is_none() && is_seen();
            pending.committed(changed, is_seen);
            Ok(())
        };
        claim.guard.writer.run(apply).await
    }

    async fn replay(&self, subscriber: &Arc<P>, event: &RecordedEvent) -> Result<bool, ApplyError> {
        let id = ModelId::new(P::TYPE.name, P::TYPE.version)?;
        let Some(writer) = self.existing_writer(id.clone()).await? else { return Ok(false) };
        let names = self.shared.names.clone();
        let (path, subscriber, event) = (writer.path.clone(), Arc::clone(subscriber), event.clone());
        let hub = self.shared.hubs.of(P::TYPE.name);
        let replay = move |tx: &mut Tx| {
            let pending = hub.begin(id.version);
            let Some(changed) = page::replay(tx, &path, &*subscriber, &event)? else { return Ok(false) };
            pending.committed(changed, catalogue::shows(&names, &id));
            Ok(true)
        };
        writer.run(replay).await
    }
}

impl ReadRows for SqliteViews {
    async fn select_rows(&self, of: &'static AggregateType, select: &RowSelect) -> Result<Vec<StoredRow>, StoreError> {
        let select = select.clone();
        self.on_reader(move |reader| match reader.active(of.slug)? {
            Some(_) => reader.read_active(of.slug, |conn| aggregate_rows::select(conn, of, &select)),
            None => Ok(Some(Vec::new())),
        })
        .await?
        .ok_or_else(|| other_index(of))
    }

    async fn count_rows(&self, of: &'static AggregateType, select: &RowSelect) -> Result<u64, StoreError> {
        let select = select.clone();
        self.on_reader(move |reader| match reader.active(of.slug)? {
            Some(_) => reader.read_active(of.slug, |conn| aggregate_rows::count(conn, of, &select)),
            None => Ok(Some(0)),
        })
        .await?
        .ok_or_else(|| other_index(of))
    }
}

fn other_index(of: &AggregateType) -> StoreError {
    StoreError::new(StoreErrorKind::Invalid, eskit_runtime::rows::other_index(of))
}
