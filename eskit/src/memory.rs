use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use eskit_runtime::log::limits::{check_add_tags, check_append, check_change, check_list, check_read, check_stream};
use eskit_runtime::log::{
    AddTagsError, AddedTags, Append, AppendError, Appended, ListStreams, LogId, LogStats, Page, Place, Query,
    ReadOptions, Statistics, StreamChange, StreamError, StreamId, StreamInfo, StreamPage, StreamStatus,
};
use eskit_runtime::memory_log::{MemoryLog, Numbers};
use eskit_runtime::store_kit::HeadWatch;
use eskit_runtime::transfer::{DumpFrom, Load, LoadError, RecordPage, Transfer, check_load};
use eskit_runtime::{EventStore, StoreError, Timestamp};

/// A store in memory, for tests and examples. It keeps the whole contract of [`EventStore`], but its log ends with the process.
/// Cheap to clone; clones share the log.
///
/// ```
/// # use eskit::prelude::*;
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), eskit::StoreError> {
/// let store = MemoryStore::new();
/// let app = App::new(store.clone());
/// // A task that follows the log holds the other clone.
/// assert_eq!(store.head().await?, app.store().head().await?);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    log: Arc<RwLock<MemoryLog>>,
    head: Arc<HeadWatch>,
}

impl MemoryStore {
    /// An empty log.
    pub fn new() -> MemoryStore {
        MemoryStore::default()
    }

    /// A backup: an independent copy of the log as it is now.
    pub fn backup(&self) -> MemoryStore {
        MemoryStore { log: Arc::new(RwLock::new(self.log().clone())), head: Arc::default() }
    }

    /// Replaces the log by a copy of a [backup](MemoryStore::backup), to test what a program does when its log is restored.
    pub fn restore(&self, backup: &MemoryStore) {
        let log = backup.log().clone();
        *self.log_mut() = log;
        self.head.moved();
    }

    fn log_mut(&self) -> RwLockWriteGuard<'_, MemoryLog> {
        self.log.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn log(&self) -> RwLockReadGuard<'_, MemoryLog> {
        self.log.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EventStore for MemoryStore {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        check_append(&append)?;
        let appended = {
            let mut log = self.log_mut();
            if let Some(repeated) = log.check(&append)? {
                return Ok(repeated);
            }
            let (record, appended) = log.record(append, &mut Numbers::default(), Timestamp::now())?;
            log.add(record);
            appended
        };
        self.head.moved();
        Ok(appended)
    }

    async fn read(&self, query: &Query, options: ReadOptions) -> Result<Page, StoreError> {
        check_read(query, &options)?;
        self.log().read(query, options)
    }

    async fn log_id(&self) -> Result<LogId, StoreError> {
        Ok(self.log().id())
    }

    async fn head(&self) -> Result<Place, StoreError> {
        Ok(self.log().head())
    }

    async fn watch(&self, after: Place) -> Result<Place, StoreError> {
        self.head.until(|| self.log().beyond(after).transpose()).await
    }

    async fn stream_info(&self, stream: &StreamId) -> Result<StreamInfo, StoreError> {
        check_stream(stream)?;
        Ok(self.log().stream_info(stream))
    }

    async fn list_streams(&self, list: &ListStreams) -> Result<StreamPage, StoreError> {
        check_list(list)?;
        Ok(self.log().list_streams(list))
    }

    async fn change_stream(&self, stream: &StreamId, change: StreamChange) -> Result<StreamStatus, StreamError> {
        check_change(stream, &change)?;
        let mut log = self.log_mut();
        let record = log.changed_stream(stream, &change, Timestamp::now())?;
        let status = record.status.clone();
        log.set_stream(record);
        Ok(status)
    }

    async fn add_tags(&self, added: Vec<AddedTags>) -> Result<u64, AddTagsError> {
        check_add_tags(&added)?;
        let mut log = self.log_mut();
        log.check_unsealed()?;
        log.add_tags(&added)
    }
}

impl Statistics for MemoryStore {
    async fn stats(&self) -> Result<LogStats, StoreError> {
        Ok(self.log().stats())
    }
}

impl Transfer for MemoryStore {
    async fn dump(&self, from: &DumpFrom) -> Result<RecordPage, StoreError> {
        self.log().dump(from)
    }

    async fn load(&self, load: Load) -> Result<Place, LoadError> {
        check_load(&load)?;
        let head = {
            let mut log = self.log_mut();
            log.check_records(&load)?;
            log.add_records(load)
        };
        self.head.moved();
        Ok(head)
    }

    async fn seal(&self) -> Result<Place, StoreError> {
        let mut log = self.log_mut();
        if log.sealed_at().is_none() {
            log.set_sealed(Some(Timestamp::now()));
        }
        Ok(log.head())
    }

    async fn unseal(&self) -> Result<(), StoreError> {
        self.log_mut().set_sealed(None);
        Ok(())
    }

    async fn sealed_at(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.log().sealed_at())
    }
}
