use std::any::Any;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use crate::log::added_tags::{AddTagsError, AddedTags};
use crate::log::append::{Append, AppendError, Appended};
use crate::log::id::LogId;
use crate::log::lifecycle::{StreamChange, StreamError, StreamInfo, StreamStatus};
use crate::log::position::Place;
use crate::log::query::{Query, ReadOptions};
use crate::log::recorded::Page;
use crate::log::stream::StreamId;
use crate::log::stream_list::{ListStreams, StreamPage};

use super::EventStore;
use super::error::StoreError;

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The object-safe form of [`EventStore`], implemented for every store.
trait ErasedStore: Send + Sync {
    fn as_any(&self) -> &dyn Any;
    fn append(&self, append: Append) -> Boxed<'_, Result<Appended, AppendError>>;
    fn read<'a>(&'a self, query: &'a Query, options: ReadOptions) -> Boxed<'a, Result<Page, StoreError>>;
    fn log_id(&self) -> Boxed<'_, Result<LogId, StoreError>>;
    fn head(&self) -> Boxed<'_, Result<Place, StoreError>>;
    fn watch(&self, after: Place) -> Boxed<'_, Result<Place, StoreError>>;
    fn stream_info<'a>(&'a self, stream: &'a StreamId) -> Boxed<'a, Result<StreamInfo, StoreError>>;
    fn list_streams<'a>(&'a self, list: &'a ListStreams) -> Boxed<'a, Result<StreamPage, StoreError>>;
    fn change_stream<'a>(
        &'a self,
        stream: &'a StreamId,
        change: StreamChange,
    ) -> Boxed<'a, Result<StreamStatus, StreamError>>;
    fn add_tags(&self, added: Vec<AddedTags>) -> Boxed<'_, Result<u64, AddTagsError>>;
}

impl<S: EventStore + 'static> ErasedStore for S {
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn append(&self, append: Append) -> Boxed<'_, Result<Appended, AppendError>> {
        Box::pin(EventStore::append(self, append))
    }
    fn read<'a>(&'a self, query: &'a Query, options: ReadOptions) -> Boxed<'a, Result<Page, StoreError>> {
        Box::pin(EventStore::read(self, query, options))
    }
    fn log_id(&self) -> Boxed<'_, Result<LogId, StoreError>> {
        Box::pin(EventStore::log_id(self))
    }
    fn head(&self) -> Boxed<'_, Result<Place, StoreError>> {
        Box::pin(EventStore::head(self))
    }
    fn watch(&self, after: Place) -> Boxed<'_, Result<Place, StoreError>> {
        Box::pin(EventStore::watch(self, after))
    }
    fn stream_info<'a>(&'a self, stream: &'a StreamId) -> Boxed<'a, Result<StreamInfo, StoreError>> {
        Box::pin(EventStore::stream_info(self, stream))
    }
    fn list_streams<'a>(&'a self, list: &'a ListStreams) -> Boxed<'a, Result<StreamPage, StoreError>> {
        Box::pin(EventStore::list_streams(self, list))
    }
    fn change_stream<'a>(
        &'a self,
        stream: &'a StreamId,
        change: StreamChange,
    ) -> Boxed<'a, Result<StreamStatus, StreamError>> {
        Box::pin(EventStore::change_stream(self, stream, change))
    }
    fn add_tags(&self, added: Vec<AddedTags>) -> Boxed<'_, Result<u64, AddTagsError>> {
        Box::pin(EventStore::add_tags(self, added))
    }
}

/// A store whose type is chosen while the program runs, such as by a DSN. Cheap to clone; clones share the store.
///
/// What only some stores do stands on their own types:
///
/// ```
/// # use eskit_runtime as eskit;
/// # use eskit::{AnyStore, EventStore};
/// # fn back_up<SqliteStore: EventStore + 'static>(store: &AnyStore) {
/// if let Some(sqlite) = store.downcast_ref::<SqliteStore>() {
///     // sqlite.backup("copy.db").await?;
/// }
/// # }
/// ```
#[derive(Clone)]
pub struct AnyStore {
    name: &'static str,
    inner: Arc<dyn ErasedStore>,
}

impl AnyStore {
    /// Erases the type of a store.
    pub fn new<S: EventStore + 'static>(store: S) -> AnyStore {
        AnyStore { name: std::any::type_name::<S>(), inner: Arc::new(store) }
    }

    /// The store itself, if it is of this type.
    pub fn downcast_ref<S: EventStore + 'static>(&self) -> Option<&S> {
        (*self.inner).as_any().downcast_ref()
    }
}

impl EventStore for AnyStore {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.inner.append(append).await
    }
    async fn read(&self, query: &Query, options: ReadOptions) -> Result<Page, StoreError> {
        self.inner.read(query, options).await
    }
    async fn log_id(&self) -> Result<LogId, StoreError> {
        self.inner.log_id().await
    }
    async fn head(&self) -> Result<Place, StoreError> {
        self.inner.head().await
    }
    async fn watch(&self, after: Place) -> Result<Place, StoreError> {
        self.inner.watch(after).await
    }
    async fn stream_info(&self, stream: &StreamId) -> Result<StreamInfo, StoreError> {
        self.inner.stream_info(stream).await
    }
    async fn list_streams(&self, list: &ListStreams) -> Result<StreamPage, StoreError> {
        self.inner.list_streams(list).await
    }
    async fn change_stream(&self, stream: &StreamId, change: StreamChange) -> Result<StreamStatus, StreamError> {
        self.inner.change_stream(stream, change).await
    }
    async fn add_tags(&self, added: Vec<AddedTags>) -> Result<u64, AddTagsError> {
        self.inner.add_tags(added).await
    }
}

impl fmt::Debug for AnyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AnyStore({})", self.name)
    }
}
