mod outline;

use eskit_runtime::log::{
    AddTagsError, AddedTags, Append, AppendError, Appended, ListStreams, Page, Place, Query, ReadOptions, StreamChange,
    StreamError, StreamId, StreamInfo, StreamPage, StreamStatus,
};
use eskit_runtime::{EventStore, StoreError, delegate_store};
use tracing::{Instrument, Span, debug_span, field};

use super::outcome::append_outcome;
use outline::{Outline, Outlined};

/// A store with a `tracing` span of level `DEBUG` and target `eskit` around each call.
///
/// | span | fields |
/// |---|---|
/// | `store.append` | `events`, `conditions`, then `outcome` (`appended`, `repeated`, `conflict`, `limit`, `id_reused`, `closed`, `unknown`, `failed`), `position` of the last event, `error` |
/// | `store.read` | `items` of the query, `after`, `limit`, then `events`, `error` |
/// | `store.head` | then `position`, `error` |
/// | `store.watch` | `after`, then `position`, `error` |
/// | `store.stream_info` | `stream_type`, then `version`, `error` |
/// | `store.list_streams` | `stream_type`, then `streams`, `error` |
/// | `store.change_stream` | `stream_type`, `change` (`archive`, `restore`, `tombstone`, `delete`), then `error` |
/// | `store.add_tags` | `events`, then `error` |
///
/// Neither payloads nor tags, ids of streams or metadata enter a span: they may hold what must not reach a log file. So `error`
/// is no error's full text: of a failure of the store it is the [kind](crate::log::StoreErrorKind::name).
///
/// They stand inside of the spans of commands and subscriptions, which come with the feature, whatever the store.
#[derive(Clone, Debug)]
pub struct Traced<S> {
    store: S,
}

impl<S> Traced<S> {
    /// The store, with a span around each call.
    pub fn new(store: S) -> Traced<S> {
        Traced { store }
    }
}

fn record_error<T, E: Outline>(span: &Span, answer: &Result<T, E>) {
    if let Err(error) = answer {
        span.record("error", field::display(Outlined(error)));
    }
}

fn record_position(span: &Span, answer: &Result<Place, StoreError>) {
    if let Ok(place) = answer {
        span.record("position", place.position.get());
    }
    record_error(span, answer);
}

impl<S: EventStore> EventStore for Traced<S> {
    delegate_store!(|layer| &layer.store, except append, read, head, watch, stream_info, list_streams, change_stream, add_tags);

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let span = debug_span!(
            target: "eskit",
            "store.append",
            "otel.kind" = "client",
            "db.operation.name" = "append",
            events = append.events.len(),
            conditions = append.conditions.len(),
            outcome = field::Empty,
            position = field::Empty,
            error = field::Empty,
        );
        let answer = self.store.append(append).instrument(span.clone()).await;
        span.record("outcome", append_outcome(&answer));
        if let Ok(appended) = &answer {
            span.record("position", appended.last().get());
        }
        record_error(&span, &answer);
        answer
    }

    async fn read(&self, query: &Query, options: ReadOptions) -> Result<Page, StoreError> {
        let span = debug_span!(
            target: "eskit",
            "store.read",
            "otel.kind" = "client",
            "db.operation.name" = "read",
            items = query.items().len(),
            after = options.after.get(),
            limit = options.page_len(),
            events = field::Empty,
            error = field::Empty,
        );
        let answer = self.store.read(query, options).instrument(span.clone()).await;
        if let Ok(page) = &answer {
            span.record("events", page.events.len());
        }
        record_error(&span, &answer);
        answer
    }

    async fn head(&self) -> Result<Place, StoreError> {
        let span = debug_span!(target: "eskit", "store.head", "otel.kind" = "client", "db.operation.name" = "head", position = field::Empty, error = field::Empty);
        let answer = self.store.head().instrument(span.clone()).await;
        record_position(&span, &answer);
        answer
    }

    async fn watch(&self, after: Place) -> Result<Place, StoreError> {
        let span = debug_span!(
            target: "eskit", "store.watch", "otel.kind" = "client", "db.operation.name" = "watch", after = after.position.get(), position = field::Empty, error = field::Empty
        );
        let answer = self.store.watch(after).instrument(span.clone()).await;
        record_position(&span, &answer);
        answer
    }

    async fn stream_info(&self, stream: &StreamId) -> Result<StreamInfo, StoreError> {
        let span = debug_span!(
            target: "eskit", "store.stream_info", "otel.kind" = "client", "db.operation.name" = "stream_info", stream_type = stream.stream_type(), version = field::Empty, error = field::Empty
        );
        let answer = self.store.stream_info(stream).instrument(span.clone()).await;
        if let Ok(info) = &answer {
            span.record("version", info.version);
        }
        record_error(&span, &answer);
        answer
    }

    async fn list_streams(&self, list: &ListStreams) -> Result<StreamPage, StoreError> {
        let span = debug_span!(
            target: "eskit", "store.list_streams", "otel.kind" = "client", "db.operation.name" = "list_streams", stream_type = &*list.stream_type, streams = field::Empty, error = field::Empty
        );
        let answer = self.store.list_streams(list).instrument(span.clone()).await;
        if let Ok(page) = &answer {
            span.record("streams", page.streams.len());
        }
        record_error(&span, &answer);
        answer
    }

    async fn change_stream(&self, stream: &StreamId, change: StreamChange) -> Result<StreamStatus, StreamError> {
        let span = debug_span!(
            target: "eskit", "store.change_stream", "otel.kind" = "client", "db.operation.name" = "change_stream", stream_type = stream.stream_type(), change = change.name(), error = field::Empty
        );
        let answer = self.store.change_stream(stream, change).instrument(span.clone()).await;
        record_error(&span, &answer);
        answer
    }

    async fn add_tags(&self, added: Vec<AddedTags>) -> Result<u64, AddTagsError> {
        let span = debug_span!(target: "eskit", "store.add_tags", "otel.kind" = "client", "db.operation.name" = "add_tags", events = added.len(), error = field::Empty);
        let answer = self.store.add_tags(added).instrument(span.clone()).await;
        record_error(&span, &answer);
        answer
    }
}
