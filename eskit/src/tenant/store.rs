use std::collections::HashSet;

use eskit_runtime::log::limits::{check_add_tags, check_append, check_change, check_list, check_read, check_stream};
use eskit_runtime::log::{
    AddTagsError, AddedTags, Append, AppendError, Appended, EventId, ListStreams, ListedStream, LogId, NewEvent, Page,
    Pages, Place, Query, QueryItem, ReadOptions, StreamChange, StreamError, StreamId, StreamInfo, StreamPage,
    StreamStatus,
};
use eskit_runtime::{EventStore, StoreError};

use super::id::TenantId;
use super::view::View;

/// One tenant's part of a log that many share: a store in which nothing of the others can be found, and that looks as if the tenant
/// were alone, except that its positions have gaps.
///
/// ```
/// # use eskit::prelude::*;
/// use std::sync::Arc;
///
/// use eskit::tenant::{Tenanted, TenantId};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let log = Arc::new(MemoryStore::new());
/// let acme = App::new(Tenanted::new(Arc::clone(&log), TenantId::new("acme")?));
/// let globex = App::new(Tenanted::new(Arc::clone(&log), TenantId::new("globex")?));
/// # let _ = (acme, globex);
/// # Ok(()) }
/// ```
///
/// What confines it:
///
/// - Every event carries the tag `tenant:<id>` in the log, which the tenant does not see. A query or a condition matches only events
///   that have it. Events with a tag of that key are refused: the tenant is never what a caller says.
/// - The ids of streams begin with `<id>/` in the log. So all tenants may have an account `a-17`, and each its own versions, status and
///   list of streams.
/// - Idempotency keys are the tenant's own.
/// - [`EventStore::log_id`] differs from tenant to tenant, so views and snapshots of one refuse to go on with the events of another.
///
/// What all share, and can be seen: positions and the head, and so how much happens in the log; waiting for new events ends with those of any
/// tenant. The limits of an event are smaller by what is added: 63 tags, and stream ids shorter by the tenant's id and one byte.
///
/// A program that follows all tenants does so on the store itself, and finds the tenant of an event by [`TenantId::of`]. With
/// `by = "tenant"`, a projection there keeps the events of each tenant in order, and parks those of one alone.
#[derive(Clone, Debug)]
pub struct Tenanted<S> {
    store: S,
    view: View,
}

impl<S> Tenanted<S> {
    /// This tenant's part of the store.
    pub fn new(store: S, tenant: TenantId) -> Tenanted<S> {
        Tenanted { store, view: View::of(&tenant) }
    }

    /// The tenant.
    pub fn tenant(&self) -> &TenantId {
        self.view.tenant()
    }
}

impl<S: EventStore> Tenanted<S> {
    /// Refuses tags for an event of another tenant. One that is gone from every read may have been this one's: the store skips it.
    async fn check_own(&self, added: &[AddedTags]) -> Result<(), AddTagsError> {
        let own = self.ids_of(added, |item| self.view.query(&Query::from(item))).await?;
        let others: Vec<AddedTags> = added.iter().filter(|added| !own.contains(&added.id)).cloned().collect();
        if others.is_empty() {
            return Ok(());
        }
        let unconfined = |item: QueryItem| Query::from(QueryItem::ids(item.ids.iter().map(|id| self.view.id(*id))));
        let foreign = self.ids_of(&others, unconfined).await?;
        match others.iter().find(|added| foreign.contains(&added.id)) {
            Some(added) => Err(AddTagsError::NotThere { position: added.position, id: added.id }),
            None => Ok(()),
        }
    }

    /// The ids, as the tenant knows them, of the events that such queries find.
    async fn ids_of(
        &self,
        added: &[AddedTags],
        query: impl Fn(QueryItem) -> Query,
    ) -> Result<HashSet<EventId>, StoreError> {
        let query = query(QueryItem::ids(added.iter().map(|added| added.id)));
        let mut pages = Pages::new(&self.store, query, ReadOptions::default());
        let mut found = HashSet::new();
        while let Some(page) = pages.next().await? {
            found.extend(page.iter().map(|event| self.view.id(event.id)));
        }
        Ok(found)
    }
}

impl<S: EventStore> EventStore for Tenanted<S> {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        check_append(&append)?;
        let view = &self.view;
        let events = append.events.into_iter().map(|event| view.new_event(event));
        let events: Vec<NewEvent> = events.collect::<Result<_, _>>()?;
        let conditions = append.conditions.into_iter().map(|condition| view.condition(condition)).collect();
        let appended = self.store.append(Append { events, conditions }).await;
        let mut appended = appended.map_err(|error| view.append_error(error))?;
        appended.recorded =
            appended.recorded.map(|events| events.into_iter().map(|event| view.recorded(event)).collect());
        Ok(appended)
    }

    async fn read(&self, query: &Query, mut options: ReadOptions) -> Result<Page, StoreError> {
        check_read(query, &options)?;
        options.holds = self.view.place(options.holds);
        let mut page = self.store.read(&self.view.query(query), options).await?;
        page.events = page.events.into_iter().map(|event| self.view.recorded(event)).collect();
        page.head = self.view.place(page.head);
        Ok(page)
    }

    async fn log_id(&self) -> Result<LogId, StoreError> {
        self.store.log_id().await.map(|log| self.view.log_id(log))
    }

    async fn head(&self) -> Result<Place, StoreError> {
        self.store.head().await.map(|head| self.view.place(head))
    }

    async fn watch(&self, after: Place) -> Result<Place, StoreError> {
        self.store.watch(self.view.place(after)).await.map(|head| self.view.place(head))
    }

    async fn stream_info(&self, stream: &StreamId) -> Result<StreamInfo, StoreError> {
        check_stream(stream)?;
        self.store.stream_info(&self.view.stream(stream)).await
    }

    async fn list_streams(&self, list: &ListStreams) -> Result<StreamPage, StoreError> {
        check_list(list)?;
        let after = self.view.stream_id(list.after.as_deref().unwrap_or_default());
        let page = self.store.list_streams(&list.clone().after(after)).await?;
        let own = page
            .streams
            .iter()
            .map_while(|listed| Some(ListedStream::new(self.view.own_stream(&listed.stream)?, listed.info.clone())));
        let own: Vec<ListedStream> = own.collect();
        let mut more = page.more && own.len() == page.streams.len();
        if more && let Some(last) = page.streams.last() {
            // What follows may be another tenant's.
            let next = self.store.list_streams(&list.clone().after(last.stream.id()).limit(1)).await?;
            more = next.streams.iter().any(|next| self.view.own_stream(&next.stream).is_some());
        }
        Ok(StreamPage::new(own, more))
    }

    async fn change_stream(&self, stream: &StreamId, change: StreamChange) -> Result<StreamStatus, StreamError> {
        check_change(stream, &change)?;
        let changed = self.store.change_stream(&self.view.stream(stream), change).await;
        changed.map_err(|error| self.view.stream_error(error))
    }

    async fn add_tags(&self, added: Vec<AddedTags>) -> Result<u64, AddTagsError> {
        check_add_tags(&added).map_err(|error| AddTagsError::Limit { position: None, error })?;
        self.check_own(&added).await?;
        let added = added.into_iter().map(|added| self.view.added_tags(added));
        let added: Vec<AddedTags> = added.collect::<Result<_, _>>()?;
        self.store.add_tags(added).await.map_err(|error| self.view.tags_error(error))
    }
}
