use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;

use eskit_runtime::codec::EncodeError;
use eskit_runtime::execute::CommandSet;
use eskit_runtime::log::EventId;
use eskit_runtime::model::{Storable, StoredCommand};
use eskit_runtime::work::{NewWork, QueueItem};
use eskit_runtime::{EventStore, Metadata, StoreError, Timestamp};

use super::options::QueueOptions;
use super::queued::Queue;
use super::stored::{Content, key_of};
use crate::app::App;
use crate::desk::kind_of;
use crate::working::Worked;

impl<S: EventStore + 'static> App<S> {
    /// Adds a queue of stored commands, a set or a single one, which these views keep under this name. Once the app is started with
    /// [`App::start`], workers execute what [`App::enqueue`] has put there, in this and in other processes that have added it.
    ///
    /// A name begins with a lower-case letter, and consists of lower-case letters, digits and single hyphens, at most 64. No processor or
    /// projection in the same views may have it.
    ///
    /// ```
    /// # use eskit::prelude::*;
    /// use eskit::{MemoryViews, QueueOptions, processor::OnRefused};
    ///
    /// # #[derive(Event, Serialize, Deserialize)] pub struct Shipped { #[tag] order: u64 }
    /// #[derive(Command, Serialize, Deserialize)]
    /// #[command(stored)]
    /// pub struct Ship { #[tag] order: u64 }
    /// # #[aggregate(tag = "order")] #[derive(Default)] pub struct Order { shipped: u32 }
    /// # #[decider] impl Order {
    /// #     #[evolve] fn shipped(&mut self, _: &Shipped) { self.shipped += 1 }
    /// #     #[decide] fn ship(&self, c: &Ship) -> Shipped { Shipped { order: c.order } }
    /// # }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let app = App::new(MemoryStore::new())
    ///     .with_queue::<Ship>("shipping", MemoryViews::new(), QueueOptions::on_refused(OnRefused::Fail))
    ///     .start()
    ///     .await?;
    /// app.enqueue(Ship { order: 17 }).idempotency_key("ship:17").await?;
    /// # while app.load::<Order>(17).await?.shipped == 0 { tokio::time::sleep(std::time::Duration::from_millis(1)).await; }
    /// # app.stop().await?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn with_queue<C: Storable + CommandSet>(
        mut self,
        name: &'static str,
        views: impl eskit_runtime::work::Work,
        options: QueueOptions,
    ) -> App<S> {
        self.add_work(Arc::new(Queue::<C, _>::new(name, views, options)));
        self
    }

    /// Puts a command into the queue that takes it, when awaited. It is executed later, by whichever process gets to it first: at least
    /// once tried, and once appended.
    ///
    /// Commands of one queue with the same tag values are executed one after another, in the order in which they were put there.
    ///
    /// # Errors
    /// See [`EnqueueError`].
    pub fn enqueue<C: Storable + CommandSet>(&self, command: C) -> Enqueue<S> {
        let (stored, key) = (command.encode(), key_of(command));
        let (metadata, due) = (self.bus().metadata.clone(), self.bus().clock.now());
        Enqueue { stored, key, works: self.works().to_vec(), metadata, due, id: None }
    }
}

/// A command on its way into a queue. Returned by [`App::enqueue`].
// It does not name the command: `.await` then has nothing to add when a command that cannot be stored is refused at the call.
#[must_use = "a command is put into its queue when it is awaited"]
pub struct Enqueue<S> {
    stored: Result<StoredCommand, EncodeError>,
    /// Its key in the queue; `None` if it stands alone.
    key: Option<String>,
    works: Vec<Arc<dyn Worked<S>>>,
    metadata: Metadata,
    due: Timestamp,
    id: Option<String>,
}

impl<S> Enqueue<S> {
    /// Lets it be executed not before this time.
    pub fn due(mut self, at: Timestamp) -> Self {
        self.due = at;
        self
    }

    /// Makes the call idempotent: while the queue holds a command that was put there with the same key, a second one is left out. One that
    /// is put there after the first one was executed is executed with the same key, so that it appends nothing. 1 to 1,024 bytes without NUL.
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.id = Some(key.into());
        self
    }

    /// Sets the metadata of its events, in place of that of [`App::with_metadata`].
    pub fn metadata(mut self, metadata: Metadata) -> Self {
        self.metadata = metadata;
        self
    }

    /// The item for the queue instead, which a transaction of yours puts there, together with your own writes: all of it, or nothing.
    ///
    /// Pass it to `enqueue_in` of the views that keep the queue: `PostgresViews`, or `SqliteViews` with an outbox.
    ///
    /// # Errors
    /// No queue of the app takes it, or it cannot be stored.
    pub fn into_item(self) -> Result<QueueItem, EnqueueError> {
        let (queue, item) = self.prepare()?;
        Ok(QueueItem { queue: queue.list(), item })
    }

    /// Its queue, and the item.
    fn prepare(self) -> Result<(Arc<dyn Worked<S>>, NewWork), EnqueueError> {
        let Enqueue { stored, key, works, metadata, due, id } = self;
        let stored = stored.map_err(EnqueueError::Encode)?;
        let Some(queue) = works.into_iter().find(|work| work.takes(stored.name.as_str())) else {
            return Err(EnqueueError::NoQueue { command: stored.name.as_str().to_owned() });
        };
        let kind = kind_of(&stored.name, stored.version);
        #[cfg(feature = "otel")]
        let metadata = crate::trace::stamped(metadata);
        let content = Content::new(&stored, metadata).and_then(|content| serde_json::to_string(&content));
        let payload = Some(content.map_err(|error| EnqueueError::Content(error.to_string()))?);
        let id = id.unwrap_or_else(|| EventId::new().to_string());
        let key = key.unwrap_or_else(|| id.clone());
        Ok((queue, NewWork { id, key, kind, event: None, payload, due }))
    }

    async fn run(self) -> Result<Enqueued, EnqueueError> {
        let (queue, item) = self.prepare()?;
        let id = item.id.clone();
        let added = queue.items().add(queue.list(), item).await.map_err(EnqueueError::Views)?;
        Ok(Enqueued { queue: queue.list(), id, is_new: added > 0 })
    }
}

impl<S: 'static> IntoFuture for Enqueue<S> {
    type Output = Result<Enqueued, EnqueueError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<S> fmt::Debug for Enqueue<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Enqueue").field("due", &self.due).field("id", &self.id).finish_non_exhaustive()
    }
}

/// A command that is in its queue.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Enqueued {
    /// The name of the queue.
    pub queue: &'static str,
    /// Its id there: the idempotency key, if one was set.
    pub id: String,
    /// Whether it was put there by this call; `false` if the queue held one with its idempotency key.
    pub is_new: bool,
}

/// Why a command was not put into a queue.
#[derive(Debug)]
#[non_exhaustive]
pub enum EnqueueError {
    /// No queue of the app takes it.
    NoQueue {
        /// Its wire name.
        command: String,
    },
    /// It could not be read back unchanged.
    Encode(EncodeError),
    /// Its content is no JSON.
    Content(String),
    /// The views failed, or the command is beyond the limits of an item. It may be in the queue, unless the error's kind says that nothing
    /// was written; put it there again with the same idempotency key.
    Views(StoreError),
}

impl fmt::Display for EnqueueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EnqueueError::NoQueue { command } => write!(
                f,
                "no queue of this app takes the command `{command}`\nhelp: add one with `with_queue`, for the command or for a set that holds it"
            ),
            EnqueueError::Encode(error) => error.fmt(f),
            EnqueueError::Content(text) => write!(f, "the command cannot be kept in a queue: {text}"),
            EnqueueError::Views(error) => write!(f, "the command was not put into its queue: {error}"),
        }
    }
}

impl std::error::Error for EnqueueError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            EnqueueError::Encode(error) => Some(error),
            EnqueueError::Views(error) => Some(error),
            EnqueueError::NoQueue { .. } | EnqueueError::Content(_) => None,
        }
    }
}
