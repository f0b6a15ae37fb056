use std::fmt;
use std::future::Future;
use std::sync::Arc;

use eskit_runtime::log::{
    AddTagsError, AddedTags, Append, AppendError, Appended, ListStreams, LogId, LogStats, Page, Place, Query,
    ReadOptions, Statistics, StoreErrorKind, StreamChange, StreamError, StreamId, StreamInfo, StreamPage, StreamStatus,
    limits,
};
use eskit_runtime::store_kit::EncodedAppend;
use eskit_runtime::transfer::{DumpFrom, Entry, Load, LoadError, RecordPage, RecordedAppend, Transfer, check_load};
use eskit_runtime::{EventStore, StoreError, Timestamp};
use sqlx::PgPool;
use tokio::sync::{Mutex, oneshot, watch};

use crate::append::queue::Queue;
use crate::append::synchronous::Projections;
use crate::append::writer::Writer;
use crate::append::{lifecycle, load, payload, retag, seal};
use crate::error::Fault;
use crate::open::options::PostgresOptions;
use crate::pool::background::Background;
use crate::pool::connections::{Connections, Purpose, within};
use crate::pool::watch::Heads;
use crate::read::replication::{self, Replication};
use crate::read::{dump, page, stats, stream_info, stream_list};
use crate::sql::migrations::PayloadType;
use crate::sql::names::Names;
use crate::sql::statements::Statements;

mod opening;

/// How often a question is asked before it is told that the connection broke.
const TRIES: u32 = 4;

/// A log in a PostgreSQL database.
///
/// Appends that arrive while another one is being written are written together in the next batch. Other processes may append to
/// the same log. Cheap to clone; clones share the store.
///
/// The store reads and writes on a thread of its own. Its calls can be awaited in any runtime, and a caller whose future is not
/// polled does not delay others. A process that is forked from the one that opened the store has no such thread, and its calls
/// are refused.
///
/// The store also has connections of its own. They are opened with the options of the pool, its `after_connect`, and its
/// `acquire_timeout`, `max_lifetime` and `idle_timeout`; [`PostgresOptions::max_connections`] limits their number. The connections
/// of the pool are for your own transactions.
///
/// ```no_run
/// # mod eskit { pub use eskit_runtime::*; pub use eskit_postgres as postgres; }
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use eskit::postgres::PostgresStore;
/// use eskit::log::{Append, NewEvent, Query, ReadOptions};
/// use eskit::EventStore;
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
    pub(crate) statements: Arc<Statements>,
    pub(crate) heads: Arc<Heads>,
    pub(crate) background: Background,
    pub(crate) connections: Arc<Connections>,
    pub(crate) projections: Arc<Projections>,
    writer: Arc<Writer>,
    queue: Arc<Queue>,
    /// One change of a stream, or of tags, waits for its turn in the database at a time.
    changing: Arc<Mutex<()>>,
    ending: Ending,
    owns_pool: bool,
}

/// How a store ends.
#[derive(Clone)]
struct Ending {
    queue: Arc<Queue>,
    /// Whether everything that was taken in is written, after the queue was closed.
    has_ended: watch::Receiver<bool>,
    heads: Arc<Heads>,
    connections: Arc<Connections>,
}

impl Ending {
    async fn run(mut self) {
        self.queue.close();
        // The sender is dropped when the writer has ended, however it did.
        let _ = self.has_ended.wait_for(|has_ended| *has_ended).await;
        self.heads.close();
        self.connections.close().await;
    }
}

impl PostgresStore {
    /// Opens the log in the database of this pool, with the default [`PostgresOptions`]. Its migrations must have been run.
    ///
    /// # Errors
    /// As [`PostgresOptions::open`].
    pub async fn open(pool: PgPool) -> Result<PostgresStore, StoreError> {
        PostgresOptions::new().open(pool).await
    }

    /// Opens the log in the database that a DSN names, with the default [`PostgresOptions`]. Its migrations must have been run.
    ///
    /// # Errors
    /// As [`PostgresOptions::connect`].
    pub async fn connect(dsn: &str) -> Result<PostgresStore, StoreError> {
        PostgresOptions::new().connect(dsn).await
    }

    /// Options for opening a store.
    pub fn options() -> PostgresOptions {
        PostgresOptions::new()
    }

    /// The pool that the store was opened with, for your own transactions. The store has connections of its own.
    pub fn pool(&self) -> &PgPool {
        self.inner.connections.pool()
    }

    /// The column type of the log's payloads.
    pub fn payload_type(&self) -> PayloadType {
        self.inner.payload
    }

    /// Asks the server whom its commits wait for: whether a crash, or the promotion of a standby, loses appends that were confirmed.
    ///
    /// # Errors
    /// As [`EventStore::head`].
    pub async fn replication(&self) -> Result<Replication, StoreError> {
        self.ask("look at", |connections, _| async move { replication::read_replication(&connections).await }).await
    }

    /// Closes the store for all its clones. Queued appends are finished; later appends, reads, and calls of `watch` that wait, fail
    /// as `Closed`. A pool that was created from a DSN is closed too; one that you passed in is not. Closing the pool also closes
    /// the store.
    pub async fn close(&self) {
        let inner = &self.inner;
        let ending = inner.ending.clone().run();
        // It fails only where there is no thread, and so nothing to close.
        let ended = inner.background.run(async {
            ending.await;
            Ok(())
        });
        if ended.await.is_err() {
            return;
        }
        if inner.owns_pool {
            self.pool().close().await;
        }
    }

    pub(crate) fn error(&self, doing: &str, fault: Fault) -> StoreError {
        fault.into_error(doing, &self.inner.names)
    }

    /// Refuses what the column type of payloads cannot hold.
    pub(crate) fn prepare(&self, append: Append) -> Result<EncodedAppend, AppendError> {
        limits::check_append(&append)?;
        append.events.iter().try_for_each(|event| {
            let parts = (&event.name, &event.content_type, event.payload.as_slice());
            payload::check(self.inner.payload, &self.inner.names, parts)
        })?;
        Ok(EncodedAppend::new(append)?)
    }

    /// Asks for what changes nothing, on the store's thread.
    async fn ask<T, Q, F>(&self, doing: &str, question: Q) -> Result<T, StoreError>
    where
        T: Send + 'static,
        Q: Fn(Arc<Connections>, Arc<Statements>) -> F + Send + Sync + 'static,
        F: Future<Output = Result<T, Fault>> + Send + 'static,
    {
        let (connections, statements) = (Arc::clone(&self.inner.connections), Arc::clone(&self.inner.statements));
        let asked = self.inner.background.run(async move {
            // Connections at hand may have died meanwhile, with the server; each that is met is let go, and so are the others.
            for tried in 1..TRIES {
                match question(Arc::clone(&connections), Arc::clone(&statements)).await {
                    Err(fault) if fault.has_broken_connection() => {}
                    // A new connection may be heard; a server that is silent again would most likely stay so.
                    Err(Fault::Silent(_)) if tried == 1 => {}
                    answer => return answer,
                }
            }
            question(connections, statements).await
        });
        asked.await.map_err(|fault| self.error(doing, fault))
    }

    async fn set_sealed(&self, to_seal: bool) -> Result<Place, StoreError> {
        let (writer, changing) = (Arc::clone(&self.inner.writer), Arc::clone(&self.inner.changing));
        let sealed = self.inner.background.run(async move {
            let _alone = changing.lock().await;
            seal::set(&writer, to_seal).await
        });
        sealed.await.map_err(|fault| self.error(if to_seal { "seal" } else { "unseal" }, fault))
    }

    async fn ask_head(&self, doing: &str, place: Place) -> Result<Place, StoreError> {
        let heads = Arc::clone(&self.inner.heads);
        self.ask(doing, move |_, _| {
            let heads = Arc::clone(&heads);
            async move { heads.ask(place).await }
        })
        .await
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if !self.background.is_here() {
            self.background.forget();
            return;
        }
        self.background.end_after(self.ending.clone().run());
    }
}

impl EventStore for PostgresStore {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let inner = &self.inner;
        let encoded = self.prepare(append)?;
        inner.background.check().map_err(|fault| AppendError::Store(self.error("append to", fault)))?;
        let (reply, answer) = oneshot::channel();
        inner.queue.enter(inner.background.runtime(), encoded, reply);
        answer.await.unwrap_or_else(|_| {
            let text = format!("the append to the log `{}` was interrupted", inner.names);
            Err(AppendError::UnknownOutcome(StoreError::new(StoreErrorKind::Unavailable, text)))
        })
    }

    async fn read(&self, query: &Query, options: ReadOptions) -> Result<Page, StoreError> {
        limits::check_read(query, &options)?;
        let query = Arc::new(query.clone());
        self.ask("read", move |connections, statements| {
            let query = Arc::clone(&query);
            async move {
                let mut connection = connections.take(Purpose::Other).await?;
                let call = page::read(&mut connection, &statements, &query, &options);
                let result = within(connections.call_timeout(), call).await;
                // What the server goes on to send, where the page has no room for it, is without end compared with a new
                // connection.
                if !matches!(&result, Ok(read) if read.is_cut) {
                    connection.give_back(&result);
                }
                result.map(|read| read.page)
            }
        })
        .await
    }

    async fn log_id(&self) -> Result<LogId, StoreError> {
        Ok(LogId::from(self.inner.statements.log()))
    }

    async fn head(&self) -> Result<Place, StoreError> {
        self.ask_head("read", Place::START).await
    }

    async fn watch(&self, after: Place) -> Result<Place, StoreError> {
        let mut watcher = self.inner.heads.watcher();
        loop {
            // What this process knows of the head may be that of a log that was replaced since.
            let head = self.ask_head("watch", after).await?;
            if head.position > after.position {
                return Ok(head);
            }
            watcher.moved().await.map_err(|fault| self.error("watch", fault))?;
        }
    }

    async fn stream_info(&self, stream: &StreamId) -> Result<StreamInfo, StoreError> {
        limits::check_stream(stream)?;
        let stream = stream.clone();
        self.ask("read", move |connections, statements| {
            let stream = stream.clone();
            async move { stream_info::read_info(&connections, &statements, &stream).await }
        })
        .await
    }

    async fn list_streams(&self, list: &ListStreams) -> Result<StreamPage, StoreError> {
        limits::check_list(list)?;
        let list = list.clone();
        self.ask("read", move |connections, statements| {
            let list = list.clone();
            async move { stream_list::read_list(&connections, &statements, &list).await }
        })
        .await
    }

    async fn change_stream(&self, stream: &StreamId, change: StreamChange) -> Result<StreamStatus, StreamError> {
        limits::check_change(stream, &change)?;
        let inner = &self.inner;
        let (writer, changing, stream) = (Arc::clone(&inner.writer), Arc::clone(&inner.changing), stream.clone());
        let changed = inner.background.run(async move {
            let _alone = changing.lock().await;
            lifecycle::change_alone(&writer, &stream, &change).await
        });
        changed.await.map_err(|fault| self.error("change a stream of", fault))?
    }

    async fn add_tags(&self, added: Vec<AddedTags>) -> Result<u64, AddTagsError> {
        limits::check_add_tags(&added)?;
        let (writer, changing, added) =
            (Arc::clone(&self.inner.writer), Arc::clone(&self.inner.changing), Arc::new(added));
        // Made twice, it is as if it had been made once.
        let tagged = self.ask("add tags to", move |_, _| {
            let (writer, changing, added) = (writer.clone(), changing.clone(), added.clone());
            async move {
                let _alone = changing.lock().await;
                retag::add_alone(&writer, &added).await
            }
        });
        tagged.await?
    }
}

impl Statistics for PostgresStore {
    async fn stats(&self) -> Result<LogStats, StoreError> {
        self.ask("read", |connections, statements| async move { stats::read_stats(&connections, &statements).await })
            .await
    }
}

/// Loading writes one page in one transaction. Into a log without events, the first page also brings the id of the log; processes that
/// had opened it before find another log then, and their calls fail as `WrongLog`. A store with synchronous projections loads nothing: load
/// first, and open the store with them afterwards.
impl Transfer for PostgresStore {
    async fn dump(&self, from: &DumpFrom) -> Result<RecordPage, StoreError> {
        let from = from.clone();
        self.ask("read", move |connections, statements| {
            let from = from.clone();
            async move { dump::dump_alone(&connections, &statements, &from).await }
        })
        .await
    }

    async fn load(&self, load: Load) -> Result<Place, LoadError> {
        check_load(&load)?;
        let inner = &self.inner;
        let events = load.appends().flat_map(RecordedAppend::entries).filter_map(Entry::event);
        for event in events {
            let parts = (&event.name, &event.content_type, event.payload.as_slice());
            payload::check(inner.payload, &inner.names, parts)?;
        }
        let (writer, changing, payload) = (Arc::clone(&inner.writer), Arc::clone(&inner.changing), inner.payload);
        let loaded = inner.background.run(async move {
            let _alone = changing.lock().await;
            load::load_alone(&writer, payload, &load).await
        });
        loaded.await.map_err(|fault| self.error("load into", fault))?
    }

    async fn seal(&self) -> Result<Place, StoreError> {
        self.set_sealed(true).await
    }

    async fn unseal(&self) -> Result<(), StoreError> {
        self.set_sealed(false).await.map(drop)
    }

    async fn sealed_at(&self) -> Result<Option<Timestamp>, StoreError> {
        self.ask("read", |connections, statements| async move {
            let mut connection = connections.take(Purpose::Other).await?;
            let call = seal::sealed_at(&mut connection, &statements);
            let result = within(connections.call_timeout(), call).await;
            connection.give_back(&result);
            result
        })
        .await
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").field("log", &self.inner.names.to_string()).finish_non_exhaustive()
    }
}
