//! A layer that forwarded only the five functions that every store has would take the lifecycle of streams away.

use std::sync::Arc;

use eskit::layer::{Audited, Hooked, IfAuditFails, Metered, Retrying, Traced};
use eskit::log::{
    AddTagsError, AddedTags, Append, AppendError, Appended, ListStreams, LogId, Page, Place, Query, QueryItem,
    ReadOptions, StoreErrorKind, StreamChange, StreamError, StreamId, StreamStatus, Tag,
};
use eskit::prelude::*;
use eskit::{RetryPolicy, StoreError};
use eskit_tests::bank::{Account, deposit, open_account};

/// Archives an account, deletes it, and executes commands on it.
async fn forwards(store: impl EventStore) {
    let app = App::new(store);
    let stream = StreamId::new("account", "a");
    app.execute(open_account("a", "ada")).await.unwrap();
    let archived = app.store().change_stream(&stream, StreamChange::Archive).await.unwrap();
    assert!(matches!(archived, StreamStatus::Archived { .. }));
    let info = app.store().stream_info(&stream).await.unwrap();
    assert_eq!((info.version, info.status), (1, archived.clone()));

    let refused = app.execute(deposit("a", 5)).await.unwrap_err();
    let ExecuteError::StreamClosed(closed) = refused else { panic!("{refused:?}") };
    assert_eq!((&closed.stream, &closed.status), (&stream, &archived));
    assert!(closed.to_string().contains("help: restore it"), "{closed}");

    app.store().change_stream(&stream, StreamChange::Restore).await.unwrap();
    app.execute(deposit("a", 5)).await.unwrap();
    app.store().change_stream(&stream, StreamChange::delete("asked for")).await.unwrap();
    // The deleted account looks new to its decider, but it does not begin again.
    assert!(app.load::<Account>("a").await.unwrap().is_new());
    let refused = app.execute(open_account("a", "ada")).await.unwrap_err();
    assert!(matches!(refused, ExecuteError::StreamClosed(closed) if closed.status.is_deleted()));
    assert_eq!(app.store().stream_info(&stream).await.unwrap().version, 2);
    let page = app.store().list_streams(&ListStreams::of_type("account")).await.unwrap();
    assert_eq!(page.streams.iter().map(|listed| &listed.stream).collect::<Vec<_>>(), [&stream]);
}

/// Gives a stored event a tag.
async fn forwards_tags(store: impl EventStore) {
    let app = App::new(store);
    app.execute(open_account("a", "ada")).await.unwrap();
    let event = &app.store().read(&Query::all(), ReadOptions::default()).await.unwrap().events[0];
    let tag = Tag::new("branch", "b");
    let added = AddedTags::new(event.position, event.id, [tag.clone()].into_iter().collect());
    assert_eq!(app.store().add_tags(vec![added]).await.unwrap(), 1);
    let found = app.store().read(&QueryItem::tags([tag.clone()]).into(), ReadOptions::default()).await.unwrap();
    assert!(found.events[0].tags.contains(tag.as_ref()));
}

#[tokio::test]
async fn every_layer_forwards_added_tags() {
    forwards_tags(Hooked::new(MemoryStore::new())).await;
    forwards_tags(Audited::new(MemoryStore::new(), MemoryStore::new(), IfAuditFails::Refuse)).await;
    forwards_tags(Retrying::new(MemoryStore::new(), RetryPolicy::default())).await;
    forwards_tags(Metered::new(MemoryStore::new())).await;
    forwards_tags(Traced::new(MemoryStore::new())).await;
    forwards_tags(Arc::new(MemoryStore::new())).await;
    forwards_tags(AnyStore::new(MemoryStore::new())).await;
    forwards_tags(&MemoryStore::new()).await;
}

#[tokio::test]
async fn every_layer_forwards_the_lifecycle() {
    forwards(Audited::new(MemoryStore::new(), MemoryStore::new(), IfAuditFails::GoOn)).await;
    forwards(Hooked::new(MemoryStore::new())).await;
    forwards(Retrying::new(MemoryStore::new(), RetryPolicy::default())).await;
    forwards(Metered::new(MemoryStore::new())).await;
    forwards(Traced::new(MemoryStore::new())).await;
    forwards(Arc::new(MemoryStore::new())).await;
    forwards(AnyStore::new(MemoryStore::new())).await;
    forwards(&MemoryStore::new()).await;
}

/// A store with the five functions that every store has.
struct Plain(MemoryStore);

impl EventStore for Plain {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.0.append(append).await
    }
    async fn read(&self, query: &Query, options: ReadOptions) -> Result<Page, StoreError> {
        self.0.read(query, options).await
    }
    async fn log_id(&self) -> Result<LogId, StoreError> {
        self.0.log_id().await
    }

    async fn head(&self) -> Result<Place, StoreError> {
        self.0.head().await
    }
    async fn watch(&self, after: Place) -> Result<Place, StoreError> {
        self.0.watch(after).await
    }
}

#[tokio::test]
async fn a_store_without_a_lifecycle_says_so() {
    let store = AnyStore::new(Plain(MemoryStore::new()));
    let app = App::new(store);
    app.execute(open_account("a", "ada")).await.unwrap();
    let stream = StreamId::new("account", "a");
    let refused = app.store().change_stream(&stream, StreamChange::Archive).await;
    let Err(StreamError::Store(error)) = refused else { panic!("{refused:?}") };
    assert_eq!(error.kind(), StoreErrorKind::Unsupported);
    assert!(error.to_string().starts_with("cannot archive stream `account:a`"), "{error}");
    let info = app.store().stream_info(&stream).await.unwrap();
    assert_eq!((info.version, info.status), (1, StreamStatus::Open));
    let refused = app.store().list_streams(&ListStreams::of_type("account")).await.unwrap_err();
    assert_eq!(refused.kind(), StoreErrorKind::Unsupported);
    assert!(refused.to_string().contains("streams of type `account`"), "{refused}");
    let refused = app.store().add_tags(Vec::new()).await;
    let Err(AddTagsError::Store(error)) = refused else { panic!("{refused:?}") };
    assert_eq!(error.kind(), StoreErrorKind::Unsupported);
}
