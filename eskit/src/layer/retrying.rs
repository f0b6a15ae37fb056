use eskit_runtime::execute::{Sleep, append_with_retry};
use eskit_runtime::log::{
    AddTagsError, AddedTags, Append, AppendError, Appended, ListStreams, LogId, Page, Place, Query, ReadOptions,
    StreamChange, StreamError, StreamId, StreamInfo, StreamPage, StreamStatus,
};
use eskit_runtime::{EventStore, RetryPolicy, StoreError};

use crate::sleep::Timer;

/// A store that repeats calls after transient failures: if the store is busy or unreachable, or if the outcome of an append is
/// unknown. Event ids make an append safe to repeat, and changes of streams are safe to repeat too.
///
/// Conflicts are not retried here: they need a new decision, which [`App::execute`](crate::App::execute) makes.
#[derive(Clone, Debug)]
pub struct Retrying<S> {
    store: S,
    retry: RetryPolicy,
}

impl<S> Retrying<S> {
    /// The store, with each call tried within `retry`.
    pub fn new(store: S, retry: RetryPolicy) -> Retrying<S> {
        Retrying { store, retry }
    }

    async fn retry<T, F: Future<Output = Result<T, StoreError>>>(
        &self,
        call: impl Fn() -> F + Send,
    ) -> Result<T, StoreError> {
        for attempt in 1..self.retry.attempts {
            match call().await {
                Err(error) if error.is_transient() => Timer.sleep(self.retry.delay(attempt)).await,
                answer => return answer,
            }
        }
        call().await
    }
}

impl<S: EventStore> EventStore for Retrying<S> {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        append_with_retry(&self.store, append, &self.retry, &Timer, |error| match error {
            AppendError::UnknownOutcome(_) => true,
            AppendError::Store(error) => error.is_transient(),
            _ => false,
        })
        .await
    }

    async fn read(&self, query: &Query, options: ReadOptions) -> Result<Page, StoreError> {
        self.retry(|| self.store.read(query, options)).await
    }

    async fn log_id(&self) -> Result<LogId, StoreError> {
        self.retry(|| self.store.log_id()).await
    }

    async fn head(&self) -> Result<Place, StoreError> {
        self.retry(|| self.store.head()).await
    }

    async fn watch(&self, after: Place) -> Result<Place, StoreError> {
        self.retry(|| self.store.watch(after)).await
    }

    async fn stream_info(&self, stream: &StreamId) -> Result<StreamInfo, StoreError> {
        self.retry(|| self.store.stream_info(stream)).await
    }

    async fn list_streams(&self, list: &ListStreams) -> Result<StreamPage, StoreError> {
        self.retry(|| self.store.list_streams(list)).await
    }

    async fn change_stream(&self, stream: &StreamId, change: StreamChange) -> Result<StreamStatus, StreamError> {
        for attempt in 1..self.retry.attempts {
            match self.store.change_stream(stream, change.clone()).await {
                Err(StreamError::Store(error)) if error.is_transient() => {
                    Timer.sleep(self.retry.delay(attempt)).await;
                }
                answer => return answer,
            }
        }
        self.store.change_stream(stream, change).await
    }

    async fn add_tags(&self, added: Vec<AddedTags>) -> Result<u64, AddTagsError> {
        for attempt in 1..self.retry.attempts {
            match self.store.add_tags(added.clone()).await {
                Err(AddTagsError::Store(error)) if error.is_transient() => {
                    Timer.sleep(self.retry.delay(attempt)).await;
                }
                answer => return answer,
            }
        }
        self.store.add_tags(added).await
    }
}
