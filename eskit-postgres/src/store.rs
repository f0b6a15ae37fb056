use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use eskit_runtime::{
    AddTagsError, AddedTags, Append, AppendError, Appended, EventStore, LogId, Page, Place, Query, ReadOptions,
    StoreError, StoreErrorKind, StreamChange, StreamError, StreamId, StreamInfo, StreamStatus, limits,
};
use sqlx::PgPool;
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};

use crate::connections::Connections;
use crate::error::Fault;
use crate::inspect::Log;
use crate::migrations::PayloadType;
use crate::names::Names;
use crate::options::PostgresOptions;
use crate::pooler::{self, Way};
use crate::queue::{Held, Queue};
use crate::request::{Prepared, Request};
use crate::statements::Statements;
use crate::watch::{Following, Heads};
use crate::writer::Writer;
use crate::{connect, inspect, page, payload};

/// How often a question is asked before it is told that the connection broke.
const TRIES: u32 = 4;

/// A log in a PostgreSQL database.
///
/// Appends of this process that come while one is being written are written together by the next; an append that finds
/// nothing waiting goes straight to the database. Other processes may append to the same log. Cheap to clone; clones share
/// the store. Must be opened, and used, inside a tokio runtime, which need not be the same: a store that outlives the runtime
/// in which it was opened, as a `static` of tests does, goes on in that of its callers. A runtime that lives on but is not run,
/// such as a single-threaded one outside of its `block_on`, keeps the connections that were made in it: who gets one of them
/// waits until it is run again.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use eskit_postgres::PostgresStore;
/// use eskit_runtime::{Append, EventStore, NewEvent, Query, ReadOptions};
///
/// let store = PostgresStore::options().migrate(true).connect("postgres://app@localhost/app").await?;
/// store.append(Append::new(vec![NewEvent::json("campus.Opened", "{}")])).await?;
/// let page = store.read(&Query::all(), ReadOptions::default()).await?;
/// assert_eq!(page.events[0].name, "campus.Opened");
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct PostgresStore {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) names: Names,
    pub(crate) payload: PayloadType,
    pub(crate) connections: Arc<Connections>,
    pub(crate) statements: Arc<Statements>,
    pub(crate) heads: Arc<Heads>,
    queue: Queue,
    pub(crate) writer: Writer,
    /// For reads ahead, which may hold half of the pool's connections while nobody polls them.
    ahead: Semaphore,
    owns_pool: bool,
}

impl PostgresStore {
    /// Opens the log in the database of this pool with the default [`PostgresOptions`]. Its migrations must have been run.
    ///
    /// # Errors
    /// As [`PostgresOptions::open`].
    pub async fn open(pool: PgPool) -> Result<PostgresStore, StoreError> {
        PostgresOptions::new().open(pool).await
    }

    /// Opens the log in the database that a DSN names with the default [`PostgresOptions`]. Its migrations must have been run.
    ///
    /// # Errors
    /// As [`PostgresOptions::connect`].
    pub async fn connect(dsn: &str) -> Result<PostgresStore, StoreError> {
        PostgresOptions::new().connect(dsn).await
    }

    /// How to open a store otherwise than by default.
    pub fn options() -> PostgresOptions {
        PostgresOptions::new()
    }

    /// The pool that the store uses.
    pub fn pool(&self) -> &PgPool {
        self.inner.connections.pool()
    }

    /// The column type of the log's payloads.
    pub fn payload_type(&self) -> PayloadType {
        self.inner.payload
    }

    pub(crate) async fn open_with(
        pool: PgPool,
        owns_pool: bool,
        options: PostgresOptions,
    ) -> Result<PostgresStore, StoreError> {
        let runtime = connect::runtime()?;
        let names = Names::new(&options.schema, &options.prefix)?;
        let way = pooler::check(&pool, &names).await?;
        if options.migrate {
            options.run_migrations(&pool).await?;
        }
        let max_connections = pool.options().get_max_connections() as usize;
        let half = max_connections / 2;
        let keep = options.keep_connections.unwrap_or(half.min(max_connections.saturating_sub(2)));
        let ahead = Semaphore::new(half);
        let connections = Arc::new(Connections::new(pool, keep, runtime));
        let Log { id, payload } = check(&connections, &names, &options).await?;
        let statements = Arc::new(Statements::new(&names, payload, id));
        let heads = Arc::new(Heads::new(
            Place::START,
            Arc::clone(&connections),
            Arc::clone(&statements),
            Following {
                channel: names.channel(),
                announces: options.listen,
                // Who listens holds a connection: with a pool of one nothing else would be done meanwhile, and a pooler that lends
                // connections for a transaction would let another program listen.
                listens: options.listen && max_connections > 1 && way == Way::Own,
                poll_interval: options.poll_interval,
            },
        ));
        heads.ask(Place::START).await.map_err(|fault| fault.into_error("open", &names))?;
        let writer = Writer {
            names: names.clone(),
            connections: Arc::clone(&connections),
            statements: Arc::clone(&statements),
            heads: Arc::clone(&heads),
            wait_ms: options.lock_timeout.map(|timeout| i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX).max(1)),
            retry_for: options.retry_for,
            last_ns: AtomicU64::new(0),
        };
        let queue = Queue::new(options.queue_len);
        let inner = Inner { names, payload, connections, statements, heads, queue, writer, ahead, owns_pool };
        let store = PostgresStore { inner: Arc::new(inner) };
        store.give_way_to_closing_pool();
        Ok(store)
    }

    /// A pool that is closed waits for all its connections, also for those that are kept at hand.
    fn give_way_to_closing_pool(&self) {
        let mut closing = self.pool().close_event();
        let connections = Arc::downgrade(&self.inner.connections);
        let heads = Arc::downgrade(&self.inner.heads);
        self.inner.connections.runtime().spawn(async move {
            (&mut closing).await;
            if let (Some(connections), Some(heads)) = (connections.upgrade(), heads.upgrade()) {
                connections.close();
                heads.close();
            }
        });
    }

    /// Closes the store for all its clones: appends that were taken in are finished, later ones and reads fail as closed, and
    /// whoever waits in `watch` is told. A pool that was made from a DSN is closed too; one that was handed in is not.
    pub async fn close(&self) {
        let inner = &self.inner;
        inner.queue.close();
        while !inner.queue.is_idle() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        inner.heads.close();
        inner.connections.close();
        if inner.owns_pool {
            self.pool().close().await;
        }
    }

    pub(crate) fn error(&self, doing: &str, fault: Fault) -> StoreError {
        fault.into_error(doing, &self.inner.names)
    }

    /// Refuses what the column type of payloads cannot hold.
    pub(crate) fn prepare(&self, append: Append) -> Result<Prepared, AppendError> {
        limits::check_append(&append)?;
        append.events.iter().try_for_each(|event| payload::check(self.inner.payload, &self.inner.names, event))?;
        Ok(Prepared::new(append)?)
    }

    /// A place among the reads ahead. Where there is none, the read waits to be polled again, which is when it is no longer
    /// ahead.
    async fn admit_ahead(&self) -> Option<SemaphorePermit<'_>> {
        let place = self.inner.ahead.try_acquire().ok();
        if place.is_none() {
            tokio::task::yield_now().await;
        }
        place
    }

    async fn try_read(&self, query: &Query, options: &ReadOptions) -> Result<Page, Fault> {
        let mut connection = self.inner.connections.take().await?;
        let result = page::read(&mut connection, &self.inner.statements, query, options).await;
        if matches!(&result, Ok(read) if read.is_cut) {
            // The server goes on to send what the page has no room for: without end, compared with a new connection.
            connection.close_on_drop();
        } else {
            self.inner.connections.give_back(connection, &result);
        }
        result.map(|read| read.page)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // Whoever follows the log on behalf of those who wait has nobody left.
        self.heads.close();
    }
}

/// Asks for what changes nothing. Connections at hand may have died meanwhile, with the server or with their runtime; each that
/// is met is let go, and so are the others.
async fn ask<T, F: Future<Output = Result<T, Fault>>>(question: impl Fn() -> F) -> Result<T, Fault> {
    for _ in 1..TRIES {
        match question().await {
            Err(fault) if fault.kind() == StoreErrorKind::Unavailable && !fault.is_definite() => {}
            answer => return answer,
        }
    }
    question().await
}

/// Checks the log.
async fn check(connections: &Arc<Connections>, names: &Names, options: &PostgresOptions) -> Result<Log, StoreError> {
    let mut connection = connections.take().await.map_err(|fault| fault.into_error("open", names))?;
    let log = inspect::check(&mut connection, names).await?;
    connections.give_back(connection, &Ok(()));
    match options.payload {
        Some(wanted) if wanted != log.payload => {
            let text = format!(
                "the log `{names}` keeps payloads as `{}`, not as `{}`; leave the option out, or choose another schema",
                log.payload.sql(),
                wanted.sql()
            );
            Err(StoreError::new(StoreErrorKind::Invalid, text))
        }
        _ => Ok(log),
    }
}

impl EventStore for PostgresStore {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let prepared = self.prepare(append)?;
        let (reply, answer) = oneshot::channel();
        let closed = |_| AppendError::Store(self.error("append to", Fault::Closed));
        if let Some(request) = self.inner.queue.enter(Request { prepared, reply }).await.map_err(closed)? {
            // The direct path: nothing waits, so this task writes by itself.
            let lead = Lead { inner: Arc::clone(&self.inner), has_begun: true };
            lead.write(self.inner.queue.baton().await, vec![request]).await;
        }
        answer.await.unwrap_or_else(|_| {
            let text = format!("the append to the log `{}` was interrupted", self.inner.names);
            Err(AppendError::UnknownOutcome(StoreError::new(StoreErrorKind::Unavailable, text)))
        })
    }

    async fn read(&self, query: &Query, options: ReadOptions) -> Result<Page, StoreError> {
        limits::check_read(query, &options)?;
        let _place = if options.ahead { self.admit_ahead().await } else { None };
        ask(|| self.try_read(query, &options)).await.map_err(|fault| self.error("read", fault))
    }

    async fn log_id(&self) -> Result<LogId, StoreError> {
        Ok(LogId::from(self.inner.statements.log))
    }

    async fn head(&self) -> Result<Place, StoreError> {
        ask(|| self.inner.heads.ask(Place::START)).await.map_err(|fault| self.error("read", fault))
    }

    async fn watch(&self, after: Place) -> Result<Place, StoreError> {
        let mut watcher = self.inner.heads.watcher();
        let fail = |fault| self.error("watch", fault);
        loop {
            // What this process knows of the head may be that of a log that was replaced since.
            let head = ask(|| self.inner.heads.ask(after)).await.map_err(fail)?;
            if head.position > after.position {
                return Ok(head);
            }
            watcher.moved().await.map_err(fail)?;
        }
    }

    async fn stream_info(&self, stream: &StreamId) -> Result<StreamInfo, StoreError> {
        limits::check_stream(stream)?;
        ask(|| self.read_info(stream)).await.map_err(|fault| self.error("read", fault))
    }

    async fn change_stream(&self, stream: &StreamId, change: StreamChange) -> Result<StreamStatus, StreamError> {
        limits::check_change(stream, &change)?;
        self.change(stream, &change).await.map_err(|fault| self.error("change a stream of", fault))?
    }

    async fn add_tags(&self, added: Vec<AddedTags>) -> Result<u64, AddTagsError> {
        limits::check_add_tags(&added)?;
        // Made twice, it is as if it had been made once.
        ask(|| self.add_tags_now(&added)).await.map_err(|fault| self.error("add tags to", fault))?
    }
}

/// A task that writes for others. Passes the lead on when it ends, also when its task is dropped midway.
struct Lead {
    inner: Arc<Inner>,
    has_begun: bool,
}

impl Lead {
    /// Writes what waits until nothing does, in turn with a second lead where many callers append.
    async fn serve(mut self) {
        self.has_begun = true;
        let (queue, writer) = (&self.inner.queue, &self.inner.writer);
        loop {
            let mut baton = queue.baton().await;
            let batch = queue.take(&mut baton, writer.linger()).await;
            if batch.is_empty() {
                break;
            }
            if queue.begins_second_lead(&baton) {
                Lead { inner: Arc::clone(&self.inner), has_begun: false }.spawn();
            }
            let callers = self.write(baton, batch).await;
            if queue.has_lead_too_many(callers) {
                break;
            }
        }
    }

    /// Writes a batch, passes the baton on, and answers. Returns how many callers are likely to append now.
    async fn write(&self, mut baton: Held<'_>, batch: Vec<Request>) -> usize {
        let (queue, writer) = (&self.inner.queue, &self.inner.writer);
        let decided = writer.decide(batch, &mut baton.known).await;
        let callers = queue.wrote(&mut baton, decided.len());
        drop(baton);
        if queue.has_two_leads() {
            // The other one first hands its batch to the database.
            tokio::task::yield_now().await;
        }
        let again = writer.answer(decided).await;
        queue.put_back(again);
        callers
    }

    fn spawn(self) {
        // The runtime of whoever wrote last lives, most likely, also when that in which the store was opened has ended.
        let runtime = self.inner.connections.runtime();
        runtime.spawn(self.serve());
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        if !self.has_begun {
            // The runtime is gone, so nobody can write any more.
            for request in self.inner.queue.abandon() {
                let error = Fault::Closed.into_error("append to", &self.inner.names);
                request.answer(Err(AppendError::Store(error)));
            }
        } else if self.inner.queue.end_lead() {
            Lead { inner: Arc::clone(&self.inner), has_begun: false }.spawn();
        }
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").field("log", &self.inner.names.to_string()).finish_non_exhaustive()
    }
}
