use std::fmt;

use eskit_runtime::{
    Append, AppendError, Appended, EventStore, Page, Position, Query, ReadOptions, RecordedEvent, StoreError,
    StreamChange, StreamError, StreamId, StreamInfo, StreamStatus,
};

type Before = Box<dyn Fn(&mut Append) -> Result<(), AppendError> + Send + Sync>;
type After = Box<dyn Fn(&[RecordedEvent]) + Send + Sync>;

/// A store with functions that are called before and after each append, in the order in which they were added.
///
/// They run inside the append and hold it up, so they neither block nor wait: what takes long, or must not be missed
/// when the program dies, follows the log instead.
///
/// ```
/// # use eskit::prelude::*;
/// # use eskit::{StoreError, StoreErrorKind};
/// use eskit::layer::Hooked;
///
/// let store = Hooked::new(MemoryStore::new()).before_append(|append| {
///     for event in &append.events {
///         if event.metadata.initiator().is_none() {
///             let text = format!("`{}` names no initiator\nhelp: pass it with `.metadata(..)`", event.name);
///             return Err(StoreError::new(StoreErrorKind::Refused, text).into());
///         }
///     }
///     Ok(())
/// });
/// ```
pub struct Hooked<S> {
    store: S,
    before: Vec<Before>,
    after: Vec<After>,
}

impl<S> Hooked<S> {
    /// The store, without functions yet.
    pub fn new(store: S) -> Hooked<S> {
        Hooked { store, before: Vec::new(), after: Vec::new() }
    }

    /// Adds a function that sees each append first. It may change the append, or refuse it with an error that the
    /// caller gets, such as one of [`StoreErrorKind::Refused`](eskit_runtime::StoreErrorKind::Refused); then nothing is
    /// written, and no later function is called.
    ///
    /// An append that is tried again comes here again, with the same event ids: what the function does must not depend
    /// on how often.
    #[must_use]
    pub fn before_append(
        mut self,
        hook: impl Fn(&mut Append) -> Result<(), AppendError> + Send + Sync + 'static,
    ) -> Hooked<S> {
        self.before.push(Box::new(hook));
        self
    }

    /// Adds a function that is called with the events that an append recorded, at their positions. It is called for a
    /// repeat too, whose first answer may have been lost; not at all if the program dies between commit and call.
    #[must_use]
    pub fn after_append(mut self, hook: impl Fn(&[RecordedEvent]) + Send + Sync + 'static) -> Hooked<S> {
        self.after.push(Box::new(hook));
        self
    }
}

impl<S: EventStore> EventStore for Hooked<S> {
    async fn append(&self, mut append: Append) -> Result<Appended, AppendError> {
        self.before.iter().try_for_each(|hook| hook(&mut append))?;
        if self.after.is_empty() {
            return self.store.append(append).await;
        }
        let events = append.events.clone();
        let appended = self.store.append(append).await?;
        let places = appended.positions.iter().zip(&appended.versions);
        let recorded: Vec<RecordedEvent> = events
            .into_iter()
            .zip(places)
            .map(|(event, (position, version))| event.into_recorded(*position, *version, appended.recorded_at))
            .collect();
        self.after.iter().for_each(|hook| hook(&recorded));
        Ok(appended)
    }

    async fn read(&self, query: &Query, options: ReadOptions) -> Result<Page, StoreError> {
        self.store.read(query, options).await
    }

    async fn head(&self) -> Result<Position, StoreError> {
        self.store.head().await
    }

    async fn watch(&self, after: Position) -> Result<Position, StoreError> {
        self.store.watch(after).await
    }

    async fn stream_info(&self, stream: &StreamId) -> Result<StreamInfo, StoreError> {
        self.store.stream_info(stream).await
    }

    async fn change_stream(&self, stream: &StreamId, change: StreamChange) -> Result<StreamStatus, StreamError> {
        self.store.change_stream(stream, change).await
    }
}

impl<S: fmt::Debug> fmt::Debug for Hooked<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (before, after) = (self.before.len(), self.after.len());
        f.debug_struct("Hooked").field("store", &self.store).field("before", &before).field("after", &after).finish()
    }
}
