use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use eskit_runtime::log::{
    AddTagsError, AddedTags, Append, AppendError, Appended, ListStreams, LogId, Page, Place, Query, ReadOptions,
    StoreErrorKind, StreamChange, StreamError, StreamId, StreamInfo, StreamPage, StreamStatus,
};
use eskit_runtime::{AnyStore, EventStore, StoreError, delegate_store};

use crate::tally::Tally;

/// Counts what a store confirmed. Its answers must come within a time. `watch` may wait for as long as it likes.
pub(crate) struct Patient {
    inner: AnyStore,
    patience: Duration,
    tally: Arc<Tally>,
}

impl Patient {
    pub(crate) fn new(inner: AnyStore, patience: Duration, tally: Arc<Tally>) -> Patient {
        Patient { inner, patience, tally }
    }

    async fn within<T, E: From<StoreError>>(
        &self,
        what: &str,
        answer: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        tokio::time::timeout(self.patience, answer).await.unwrap_or_else(|_| {
            let text = format!("{what} was not answered within {} s", self.patience.as_secs_f32());
            Err(StoreError::new(StoreErrorKind::Other, text).into())
        })
    }
}

impl EventStore for Patient {
    delegate_store!(|layer| &layer.inner, except append, read, log_id, head, stream_info, list_streams, change_stream, add_tags);

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let appended = self.within("an append", self.inner.append(append)).await?;
        self.tally.commits(usize::from(!appended.repeated));
        Ok(appended)
    }

    async fn read(&self, query: &Query, options: ReadOptions) -> Result<Page, StoreError> {
        self.within("a read", self.inner.read(query, options)).await
    }

    async fn log_id(&self) -> Result<LogId, StoreError> {
        self.within("a request for the log's id", self.inner.log_id()).await
    }

    async fn head(&self) -> Result<Place, StoreError> {
        self.within("a request for the head", self.inner.head()).await
    }

    async fn stream_info(&self, stream: &StreamId) -> Result<StreamInfo, StoreError> {
        self.within("a request for a stream", self.inner.stream_info(stream)).await
    }

    async fn list_streams(&self, list: &ListStreams) -> Result<StreamPage, StoreError> {
        self.within("a list of streams", self.inner.list_streams(list)).await
    }

    async fn change_stream(&self, stream: &StreamId, change: StreamChange) -> Result<StreamStatus, StreamError> {
        self.within("the change of a stream", self.inner.change_stream(stream, change)).await
    }

    async fn add_tags(&self, added: Vec<AddedTags>) -> Result<u64, AddTagsError> {
        self.within("a call of `add_tags`", self.inner.add_tags(added)).await
    }
}
