pub(crate) mod any;
mod delegate;
pub(crate) mod error;

use std::future::Future;
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

use error::{StoreError, StoreErrorKind};

/// One append-only log.
///
/// Programs read from a store and hand it to `App`; `App` appends to it. To write a store of your own, implement the five
/// functions without a default. Every store must keep these rules, and the crate `eskit-conformance` tests them:
///
/// - An append is atomic, and durable before it returns. Positions strictly increase in commit order. Readers see an event only
///   when they also see every event at a lower position.
/// - All conditions of an append hold at the moment of its commit.
/// - If all event ids of an append are already in the log, as one earlier append, the store returns the original positions,
///   even if the conditions no longer hold.
/// - An append to a stream that is archived, tombstoned or deleted is refused; see [`EventStore::change_stream`].
/// - A read or a `watch` from a [`Place`] that the log does not hold fails as [`Replaced`](StoreErrorKind::Replaced). It never
///   returns nothing, or other events instead, even if the log was replaced while the store was open.
/// - Limits are checked before anything is written, with the functions of [`limits`](crate::log::limits).
/// - Dropping the future of an append does not undo the append: it may or may not have happened.
///
/// A layer around a store forwards the functions that it does not change with [`delegate_store!`](crate::delegate_store).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a store\nhelp: pass one that is open: `SqliteStore::open(\"app.db\").await?`, or by its address `eskit::connect(\"sqlite://app.db\").await?`",
    label = "not an `EventStore`"
)]
pub trait EventStore: Send + Sync {
    /// Appends events atomically if every condition holds.
    ///
    /// ```
    /// # use eskit_runtime as eskit;
    /// use eskit::EventStore;
    /// use eskit::log::{Append, AppendError, Condition, ExpectedVersion, NewEvent, StreamId};
    ///
    /// /// Opens an account, unless its stream has an event already.
    /// async fn open(store: &impl EventStore, id: &str) -> Result<bool, AppendError> {
    ///     let stream = StreamId::new("account", id);
    ///     let mut opened = NewEvent::json("bank.AccountOpened", "{}");
    ///     opened.stream = Some(stream.clone());
    ///     let is_new = Condition::Stream { stream, expected: ExpectedVersion::NoStream };
    ///     match store.append(Append::new(vec![opened]).with(is_new)).await {
    ///         Ok(_) => Ok(true),
    ///         Err(AppendError::Conflict(_)) => Ok(false),
    ///         Err(error) => Err(error),
    ///     }
    /// }
    /// ```
    ///
    /// All other appends wait while the conditions are checked, so a store may bound the cost of that check. A condition that
    /// cannot be checked within the bound never counts as held. A condition that begins at a recent head can always be checked.
    ///
    /// # Errors
    /// - [`Conflict`](AppendError::Conflict): a condition does not hold.
    /// - [`Limit`](AppendError::Limit): the append crosses a limit.
    /// - [`IdReused`](AppendError::IdReused): an event id is already in the log, as part of a different append.
    /// - [`StreamClosed`](AppendError::StreamClosed): a stream of the append is archived, tombstoned or deleted.
    /// - [`UnknownOutcome`](AppendError::UnknownOutcome): the events may or may not have been written. Repeat the append with the
    ///   same event ids to find out.
    /// - [`Store`](AppendError::Store): the store failed before it wrote anything. With the kind
    ///   [`Invalid`](StoreErrorKind::Invalid), the conditions cost too much to check: read first, and pass the head of that read as
    ///   `after`.
    ///
    /// Only `UnknownOutcome` leaves open whether the events were written; after every other error, they were not.
    fn append(&self, append: Append) -> impl Future<Output = Result<Appended, AppendError>> + Send;

    /// Reads one page of the events that match a query. The page is a consistent snapshot of the log, up to [`Page::head`].
    ///
    /// ```
    /// # use eskit_runtime as eskit;
    /// use eskit::log::{Query, QueryItem, ReadOptions, RecordedEvent, Tag};
    /// use eskit::{EventStore, StoreError};
    ///
    /// /// The ten newest events about a course.
    /// async fn newest(store: &impl EventStore, course: &str) -> Result<Vec<RecordedEvent>, StoreError> {
    ///     let query = Query::from(QueryItem::tags([Tag::new("course", course)]));
    ///     let page = store.read(&query, ReadOptions::default().backward().limit(10)).await?;
    ///     Ok(page.events)
    /// }
    /// ```
    ///
    /// If readers may see an event that could still be lost after a failure that appends survive, a store also heeds
    /// [`ReadOptions::confirmed`].
    ///
    /// To read more than one page, use [`Pages`](crate::log::Pages). It polls this future once and then not again while the caller
    /// handles another page, so in the meantime the future must hold nothing that other calls need, such as a connection of a
    /// pool.
    ///
    /// # Errors
    /// - [`Invalid`](StoreErrorKind::Invalid): the query or the options cross a limit; [`StoreError::limit`] says which.
    /// - [`Replaced`](StoreErrorKind::Replaced): the log does not hold [`ReadOptions::holds`].
    /// - Any other [kind](StoreErrorKind): the store failed.
    fn read(&self, query: &Query, options: ReadOptions) -> impl Future<Output = Result<Page, StoreError>> + Send;

    /// The id of the log, which it got when it was created.
    ///
    /// # Errors
    /// The store failed; see [`StoreErrorKind`].
    fn log_id(&self) -> impl Future<Output = Result<LogId, StoreError>> + Send;

    /// The place of the last event; [`Place::START`] for an empty log.
    ///
    /// # Errors
    /// The store failed; see [`StoreErrorKind`].
    fn head(&self) -> impl Future<Output = Result<Place, StoreError>> + Send;

    /// Waits until the log has an event after `after`, and returns its head. May return early with an unchanged head, so
    /// callers loop. Dropping the future is safe.
    ///
    /// To follow the log, wait first, then read up to the head, and wait again from that head. Do not wait from the last match: if
    /// the query does not match the newest events, every such wait returns at once.
    ///
    /// ```
    /// # use eskit_runtime as eskit;
    /// use eskit::log::{Pages, Place, Query, QueryItem, ReadOptions};
    /// use eskit::{Event, EventStore};
    ///
    /// /// Follows the events of one type, or of an enum of types, after `done`.
    /// async fn follow<E: Event>(store: &impl EventStore, mut done: Place) -> Result<(), Box<dyn std::error::Error>> {
    ///     let query = Query::from(QueryItem::types(E::TYPES.names()));
    ///     loop {
    ///         let head = store.watch(done).await?;
    ///         let mut pages = Pages::new(store, query.clone(), ReadOptions::default().after(done).until(head.position));
    ///         while let Some(page) = pages.next().await? {
    ///             for recorded in page {
    ///                 let event: E = recorded.decode()?;
    ///                 // Write your results and `recorded.place()` in one transaction: the next run begins there.
    ///             }
    ///         }
    ///         done = head;
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// - [`Replaced`](StoreErrorKind::Replaced): the log does not hold `after`, either at the start of the call or later.
    /// - Any other [kind](StoreErrorKind): the store failed.
    fn watch(&self, after: Place) -> impl Future<Output = Result<Place, StoreError>> + Send;

    /// The version and the status of a stream, read together. A stream that never held an event is open, at version 0.
    ///
    /// The default implementation reads the last event of the stream. It is correct for a store whose streams are always open.
    ///
    /// # Errors
    /// - [`Invalid`](StoreErrorKind::Invalid): the name of the stream crosses a limit.
    /// - Any other [kind](StoreErrorKind): the store failed.
    fn stream_info(&self, stream: &StreamId) -> impl Future<Output = Result<StreamInfo, StoreError>> + Send {
        async move {
            let newest = ReadOptions::default().backward().limit(1);
            let page = self.read(&Query::stream(stream.clone()), newest).await?;
            let version = page.events.first().and_then(|event| event.stream.as_ref()).map_or(0, |at| at.version);
            Ok(StreamInfo::new(version, StreamStatus::Open))
        }
    }

    /// Lists the streams of one type that ever held an event, one page at a time. A page is a consistent snapshot.
    ///
    /// Optional. A store that implements it must keep these rules:
    ///
    /// - It calls [`limits::check_list`](crate::log::limits::check_list) first.
    /// - Streams are sorted by the bytes of their ids, whatever collation the database uses. Each comes with its
    ///   [`EventStore::stream_info`]; archived, tombstoned and deleted streams are included.
    /// - The cost grows with the number of streams in the page, not with the number of their events.
    ///
    /// # Errors
    /// - [`Invalid`](StoreErrorKind::Invalid): the stream type or the id crosses a limit.
    /// - [`Unsupported`](StoreErrorKind::Unsupported): the store does not implement this.
    /// - Any other [kind](StoreErrorKind): the store failed.
    fn list_streams(&self, list: &ListStreams) -> impl Future<Output = Result<StreamPage, StoreError>> + Send {
        let text = format!(
            "cannot list the streams of type `{}`: this store does not know its streams by type\nhelp: read them with \
             `QueryItem::stream_type`",
            list.stream_type
        );
        std::future::ready(Err(StoreError::new(StoreErrorKind::Unsupported, text)))
    }

    /// Archives, restores, tombstones or deletes a stream, and returns its new status.
    ///
    /// Optional. A store that implements it also implements [`EventStore::stream_info`], and must keep these rules:
    ///
    /// - The change is atomic, durable before it returns, and ordered with the appends: every later commit sees the new status.
    ///   [`StreamStatus::after`] says which change leads to which status. Repeating a change has no effect, and returns the time
    ///   and reason of the first one.
    /// - It calls [`limits::check_change`](crate::log::limits::check_change) first.
    /// - An append that writes to a stream that is not open is refused as a whole, with [`AppendError::StreamClosed`]. The status
    ///   is checked after event ids and before conditions. So a repeated append still returns the original positions, whatever
    ///   happened to the stream. A condition on a stream that the append does not write to is checked as usual.
    /// - Archiving, restoring and tombstoning change nothing for readers.
    ///
    /// **Deleting** removes the events from every answer of the store. No query matches them, so they break no condition: a value
    /// that only a query keeps unique, such as a user name in a tag, can be used again. Everything else stays as it was:
    ///
    /// - The positions of deleted events are never used again, and the head does not move back. Readers see gaps, and need not wait
    ///   for them: every event at or below the head is either there or deleted. Pages are as full as before.
    /// - The stream keeps its version and takes no further events. A condition on its version is checked against that version;
    ///   the conflict names no event.
    /// - To a decider, the stream looks like one that never held an event. A command that would append to it, or that expects a
    ///   version of it, fails with `StreamClosed`.
    /// - The ids of deleted events stay in use, and repeating the append that wrote them returns the original positions and
    ///   versions. Of a deleted event, a store keeps the position, the id, the version, the time and the part of its append, but
    ///   not the name, tags, metadata or payload.
    /// - A deletion is not an event. It breaks no condition of a decision that read the events before, wakes no caller of `watch`,
    ///   and reaches no subscriber: a subscriber that has not yet read the events never sees them, and one that has read them keeps
    ///   its results. To notify subscribers, append an event about the deletion to another stream.
    ///
    /// # Errors
    /// - [`NotFound`](StreamError::NotFound): the stream never held an event.
    /// - [`Refused`](StreamError::Refused): its status does not allow the change.
    /// - [`Limit`](StreamError::Limit): the name of the stream or the reason crosses a limit.
    /// - [`Store`](StreamError::Store): the store failed, and the change may or may not have been made; repeat it. With the kind
    ///   [`Unsupported`](StoreErrorKind::Unsupported), the store does not implement this.
    fn change_stream(
        &self,
        stream: &StreamId,
        change: StreamChange,
    ) -> impl Future<Output = Result<StreamStatus, StreamError>> + Send {
        let name = change.name();
        let text = format!(
            "cannot {name} stream `{stream}`: this store leaves every stream open\nhelp: choose a store with a lifecycle of streams"
        );
        std::future::ready(Err(StoreError::new(StoreErrorKind::Unsupported, text).into()))
    }

    /// Adds tags to stored events, after their existing tags, and returns the number of events that changed.
    /// [`retag`](fn@crate::retag) calls this page by page.
    ///
    /// Optional. A store that implements it must keep these rules:
    ///
    /// - A call is atomic, durable before it returns, and ordered with the appends: every condition that is checked later sees the
    ///   tags. A tag that an event already has is skipped, so a call may be repeated.
    /// - It calls [`limits::check_add_tags`](crate::log::limits::check_add_tags) first.
    /// - From then on, every read returns the event with the new tags, and every query and condition finds the event by them.
    ///   Nothing else about the event changes, and the head does not move. Deleted events are skipped.
    ///
    /// An added tag is not an event. It wakes no caller of `watch`, and a condition with an `after` does not notice tags that are
    /// added to earlier events.
    ///
    /// # Errors
    /// - [`NotThere`](AddTagsError::NotThere): no event with the given id is at the given position.
    /// - [`Limit`](AddTagsError::Limit): the call crosses a limit, or an event would have too many tags.
    /// - [`Store`](AddTagsError::Store): the store failed. With the kind [`Unsupported`](StoreErrorKind::Unsupported), the store does
    ///   not implement this.
    fn add_tags(&self, added: Vec<AddedTags>) -> impl Future<Output = Result<u64, AddTagsError>> + Send {
        let _ = added;
        std::future::ready(Err(AddTagsError::unsupported()))
    }
}

impl<S: EventStore + ?Sized> EventStore for Arc<S> {
    crate::delegate_store!(|pointer| &**pointer);
}

impl<S: EventStore + ?Sized> EventStore for &S {
    crate::delegate_store!(|pointer| &**pointer);
}
