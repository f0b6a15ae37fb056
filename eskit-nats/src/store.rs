use std::sync::Arc;
use std::time::{Duration, Instant};

use eskit_runtime::log::limits::{check_add_tags, check_append, check_change, check_list, check_read, check_stream};
use eskit_runtime::log::{
    AddTagsError, AddedTags, Append, AppendError, Appended, ListStreams, LogId, LogStats, Page, Place, Query,
    ReadOptions, Statistics, StreamChange, StreamError, StreamId, StreamInfo, StreamPage, StreamStatus,
};
use eskit_runtime::memory_log::MemoryLog;
use eskit_runtime::store_kit::contain;
use eskit_runtime::transfer::{DumpFrom, Load, LoadError, RecordPage, Transfer, check_load};
use eskit_runtime::{EventStore, StoreError, Timestamp};
use tokio::sync::{Notify, mpsc, oneshot};

use crate::api::stream::StreamState;
use crate::append::publisher::Publisher;
use crate::append::request::{Reply, Request};
use crate::append::writer::Writer;
use crate::copy::feed::Feed;
use crate::copy::fresh::{Freshener, Waiting};
use crate::copy::log_copy::LogCopy;
use crate::error::Fault;
use crate::open::dsn::Dsn;
use crate::open::options::{NatsOptions, Progress};
use crate::open::settings::{log_id, subject};
use crate::thread::Thread;

/// Requests that wait; further callers wait to hand theirs over.
const WAITING_MAX: usize = 1024;

/// A log in a stream of NATS JetStream. Cheap to clone; clones share the connection and the copy of the log.
///
/// The stream orders and keeps groups of appends; conditions are checked on a copy of the whole log in the memory of this process, which is
/// read from the stream when the store opens. A group is published under the expectation that the copy was complete, so that any number of
/// processes may write. The page `docs/nats.md` says what the servers must be set to, and what is promised.
///
/// ```no_run
/// # async fn example() -> Result<(), eskit_runtime::StoreError> {
/// use eskit_nats::NatsStore;
///
/// let store = NatsStore::connect("nats://127.0.0.1:4222/orders?replicas=1&monitor=http://127.0.0.1:8222").await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct NatsStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    copy: Arc<LogCopy>,
    requests: mpsc::Sender<Request>,
    readers: mpsc::Sender<Waiting>,
    _thread: Thread,
}

impl NatsStore {
    /// Options for opening a store.
    pub fn options() -> NatsOptions {
        NatsOptions::default()
    }

    /// Opens the log that a DSN names with the defaults of [`NatsOptions`]; see [`NatsOptions::connect`].
    ///
    /// # Errors
    /// As [`NatsOptions::connect`].
    pub async fn connect(dsn: &str) -> Result<NatsStore, StoreError> {
        NatsStore::options().connect(dsn).await
    }

    async fn write<T, E: From<StoreError>>(&self, request: impl FnOnce(Reply<T, E>) -> Request) -> Result<T, E> {
        let (reply, answer) = oneshot::channel();
        let closed = || E::from(Fault::closed().into());
        self.inner.requests.send(request(reply)).await.map_err(|_| closed())?;
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Looks at the log, after everything that was acknowledged before this call.
    async fn look<T>(&self, look: impl FnOnce(&MemoryLog) -> T) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.inner.readers.send(reply).await.map_err(|_| Fault::closed())?;
        answer.await.unwrap_or_else(|_| Err(Fault::closed()))?;
        let state = self.inner.copy.state();
        state.fault()?;
        Ok(look(&state.log))
    }
}

impl NatsOptions {
    /// Opens the log that a DSN names, and reads it into memory.
    ///
    /// | in the DSN | meaning |
    /// |---|---|
    /// | `nats://user:password@host:4222,host2:4222` | the servers; with `tls://`, over TLS. A token may stand for user and password; letters that a URL cannot hold are written as `%40` |
    /// | `/orders` | the log: the stream `orders`, with the subject `eskit.orders` |
    /// | `replicas=1` | on how many servers each message must be: 1, 3 or 5; 3 by default |
    /// | `monitor=http://host:8222,..` | the monitoring port of each server, which tells whether it syncs |
    /// | `durability=unverified` | do not ask: what was acknowledged may be lost with the power of the servers |
    ///
    /// A stream that is missing is created, unless [`NatsOptions::create`] says no. Nothing about one that exists is changed.
    ///
    /// # Errors
    /// [`Invalid`](eskit_runtime::log::StoreErrorKind::Invalid) if the DSN, the servers or the settings of the stream are wrong, with each
    /// setting by name; [`Unavailable`](eskit_runtime::log::StoreErrorKind::Unavailable) if no server answers;
    /// [`Corrupt`](eskit_runtime::log::StoreErrorKind::Corrupt) if the stream is damaged.
    pub async fn connect(self, dsn: &str) -> Result<NatsStore, StoreError> {
        let dsn = Dsn::parse(dsn)?;
        let thread = Thread::start()?;
        let opening = {
            let (options, dsn) = (self.clone(), dsn.clone());
            async move { options.open_stream(&dsn).await }
        };
        let (jetstream, state) = thread.run(opening).await?;
        let id = log_id(&state.config).ok_or_else(|| Fault::corrupt("it has no id of a log"))?;
        let (copy, again) = (Arc::new(LogCopy::new(id)), Arc::new(Notify::new()));
        let freshener = || Freshener {
            jetstream: jetstream.clone(),
            stream: dsn.log.clone(),
            copy: Arc::clone(&copy),
            again: Arc::clone(&again),
            limit: self.read_timeout,
        };
        let publisher = Publisher {
            jetstream: jetstream.clone(),
            stream: dsn.log.clone(),
            subject: subject(&dsn.log),
            copy: Arc::clone(&copy),
            again: Arc::clone(&again),
            retry_for: self.retry_for,
        };
        let writer = Writer { publisher, freshener: freshener() };
        let (requests, to_write) = mpsc::channel(WAITING_MAX);
        let (readers, to_freshen) = mpsc::channel(WAITING_MAX);
        thread.spawn(freshener().serve(to_freshen));
        thread.spawn(writer.serve(to_write));
        thread.spawn(
            Feed { jetstream: jetstream.clone(), stream: dsn.log.clone(), copy: Arc::clone(&copy), again }.run(),
        );
        thread.run(catch_up(Arc::clone(&copy), state, dsn.log, self)).await?;
        Ok(NatsStore { inner: Arc::new(Inner { copy, requests, readers, _thread: thread }) })
    }
}

/// How often to tell how far the stream was read.
const TELL: Duration = Duration::from_millis(200);

/// Waits until the stream was read as far as it went. It may take long, but not stand still.
async fn catch_up(
    copy: Arc<LogCopy>,
    state: StreamState,
    stream: String,
    options: NatsOptions,
) -> Result<(), StoreError> {
    let (mut read, mut moved) = (copy.state().sequence, Instant::now());
    loop {
        let reached = tokio::time::timeout(TELL.min(options.read_timeout), copy.reach(state.last)).await;
        let now = copy.state().sequence;
        if now > read {
            (read, moved) = (now, Instant::now());
        }
        if let Some(tell) = &options.on_progress {
            // The panic hook has reported a panic of the callback, and the store opens all the same.
            let _ = contain(|| tell(Progress { read: read.min(state.last), messages: state.last }));
        }
        match reached {
            Ok(reached) => return Ok(reached?),
            Err(_) if moved.elapsed() < options.read_timeout => {}
            Err(_) => {
                let text = format!(
                    "the log could not be read: after {read} of {} messages, no further one came within {} s\nhelp: try again later; if it never \
                     works, let the user publish to `$JS.API.CONSUMER.CREATE.{stream}.>`",
                    state.last,
                    options.read_timeout.as_secs_f32()
                );
                return Err(Fault::unavailable(text).into());
            }
        }
    }
}

impl EventStore for NatsStore {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        check_append(&append)?;
        self.write(|reply| Request::Append(append, reply)).await
    }

    async fn read(&self, query: &Query, options: ReadOptions) -> Result<Page, StoreError> {
        check_read(query, &options)?;
        self.look(|log| log.read(query, options)).await?
    }

    async fn log_id(&self) -> Result<LogId, StoreError> {
        self.look(MemoryLog::id).await
    }

    async fn head(&self) -> Result<Place, StoreError> {
        self.look(MemoryLog::head).await
    }

    async fn watch(&self, after: Place) -> Result<Place, StoreError> {
        // An event that another store has confirmed may not have been read here, and then `after` is not known yet.
        self.look(|_| ()).await?;
        self.inner.copy.beyond(after).await
    }

    async fn stream_info(&self, stream: &StreamId) -> Result<StreamInfo, StoreError> {
        check_stream(stream)?;
        self.look(|log| log.stream_info(stream)).await
    }

    async fn list_streams(&self, list: &ListStreams) -> Result<StreamPage, StoreError> {
        check_list(list)?;
        self.look(|log| log.list_streams(list)).await
    }

    async fn change_stream(&self, stream: &StreamId, change: StreamChange) -> Result<StreamStatus, StreamError> {
        check_change(stream, &change)?;
        let stream = stream.clone();
        self.write(|reply| Request::Change(stream, change, reply)).await
    }

    async fn add_tags(&self, added: Vec<AddedTags>) -> Result<u64, AddTagsError> {
        check_add_tags(&added)?;
        self.write(|reply| Request::Tags(added, reply)).await
    }
}

impl Statistics for NatsStore {
    async fn stats(&self) -> Result<LogStats, StoreError> {
        self.look(MemoryLog::stats).await
    }
}

impl Transfer for NatsStore {
    async fn dump(&self, from: &DumpFrom) -> Result<RecordPage, StoreError> {
        self.look(|log| log.dump(from)).await?
    }

    async fn load(&self, load: Load) -> Result<Place, LoadError> {
        check_load(&load)?;
        self.write(|reply| Request::Load(load, reply)).await
    }

    async fn seal(&self) -> Result<Place, StoreError> {
        self.write(|reply| Request::Seal(true, reply)).await
    }

    async fn unseal(&self) -> Result<(), StoreError> {
        self.write(|reply| Request::Seal(false, reply)).await.map(drop)
    }

    async fn sealed_at(&self) -> Result<Option<Timestamp>, StoreError> {
        self.look(MemoryLog::sealed_at).await
    }
}
