mod any;
mod delegate;
mod error;

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

pub use any::AnyStore;
pub use error::{StoreError, StoreErrorKind};

/// One append-only log.
///
/// What every implementation must hold to (the conformance suite checks it):
/// - an append is atomic and durable before it answers; positions are strictly increasing in commit order, and an event
///   becomes visible to readers only when every event at a lower position is;
/// - all conditions of an append hold at the moment of its commit;
/// - an append whose event ids are all in the log, as one earlier append, is answered with the original positions, even
///   when its conditions no longer hold;
/// - an append to a stream that is archived, tombstoned or deleted is refused ([`EventStore::change_stream`]);
/// - a read and a `watch` from a [`Place`] that the log does not hold are refused as [`Replaced`](StoreErrorKind::Replaced), never
///   answered with nothing, nor with what stands there now, also where the log was replaced while the store was open;
/// - limits ([`check_append`](crate::log::limits::check_append), [`check_read`](crate::log::limits::check_read)) are checked before anything is written;
/// - dropping the future of an append does not undo it: it may or may not have happened.
///
/// A layer around a store forwards what it does not change with [`delegate_store!`](crate::delegate_store).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a store\nhelp: pass one that is open: `SqliteStore::open(\"app.db\").await?`, or by its address `eskit::connect(\"sqlite://app.db\").await?`",
    label = "not an `EventStore`"
)]
pub trait EventStore: Send + Sync {
    /// Appends events atomically if every condition holds.
    ///
    /// All other appends wait while the conditions are checked, so a store may bound what that costs. An append whose conditions
    /// cost more is refused, whether they hold or not, with a store error of the kind [`Invalid`](StoreErrorKind::Invalid) whose
    /// help says to read first and give the head of that read as the `after` of the condition: from there on a condition always
    /// can be checked. What cannot be checked within the bound never passes for held.
    fn append(&self, append: Append) -> impl Future<Output = Result<Appended, AppendError>> + Send;

    /// Reads one page of the events that match a query, all as of one moment: that of [`Page::head`].
    ///
    /// A caller may poll the future once, and then not for a long time: [`Pages`](crate::log::Pages) does so while another page is
    /// handled. Meanwhile it must hold nothing that other calls need, such as a connection of a pool.
    fn read(&self, query: &Query, options: ReadOptions) -> impl Future<Output = Result<Page, StoreError>> + Send;

    /// The id that was given to the log when it was made.
    fn log_id(&self) -> impl Future<Output = Result<LogId, StoreError>> + Send;

    /// The place of the last event; [`Place::START`] for an empty log.
    fn head(&self) -> impl Future<Output = Result<Place, StoreError>> + Send;

    /// Waits until the log reaches beyond `after`, and returns its head. May return early with an unchanged head, so
    /// callers loop; dropping the future is safe.
    ///
    /// A log that does not hold `after`, at the beginning or while this waits, is a [`Replaced`](StoreErrorKind::Replaced) error.
    ///
    /// To follow the log, wait first and then read up to the head. It is the head that goes on, not the position of the last
    /// match: where the query passes over the newest events, waiting behind the last match would return at once for ever.
    ///
    /// ```
    /// # use eskit_runtime as eskit;
    /// use eskit::log::{Pages, Place, Query, QueryItem, ReadOptions};
    /// use eskit::{Event, EventStore};
    ///
    /// /// Follows the events of one type, or of an enum of types, from behind `done`.
    /// async fn follow<E: Event>(store: &impl EventStore, mut done: Place) -> Result<(), Box<dyn std::error::Error>> {
    ///     let query = Query::from(QueryItem::types(E::TYPES.names()));
    ///     loop {
    ///         let head = store.watch(done).await?;
    ///         let mut pages = Pages::new(store, query.clone(), ReadOptions::default().after(done).until(head.position));
    ///         while let Some(page) = pages.next().await? {
    ///             for recorded in page {
    ///                 let event: E = recorded.decode()?;
    ///                 // Write what follows from it, and `recorded.place()` in the same transaction: the next run begins there.
    ///             }
    ///         }
    ///         done = head;
    ///     }
    /// }
    /// ```
    fn watch(&self, after: Place) -> impl Future<Output = Result<Place, StoreError>> + Send;

    /// The version and the status of a stream, as of one moment; version 0 and open for a stream that never held an
    /// event.
    ///
    /// The default reads the last event of the stream, which is right for a store whose streams are always open.
    fn stream_info(&self, stream: &StreamId) -> impl Future<Output = Result<StreamInfo, StoreError>> + Send {
        async move {
            let newest = ReadOptions::default().backward().limit(1);
            let page = self.read(&Query::stream(stream.clone()), newest).await?;
            let version = page.events.first().and_then(|event| event.stream.as_ref()).map_or(0, |at| at.version);
            Ok(StreamInfo::new(version, StreamStatus::Open))
        }
    }

    /// Lists the streams of a type that ever held an event, one page of them, as of one moment.
    ///
    /// Offering this is up to the store: the default refuses with [`StoreErrorKind::Unsupported`]. A store that offers it holds
    /// to this:
    ///
    /// - [`limits::check_list`](crate::log::limits::check_list) comes first.
    /// - Streams stand in the order of the bytes of their ids, whatever else the store or its database compares texts by. Each
    ///   has what [`EventStore::stream_info`] says of it; those that were archived, tombstoned or deleted are among them.
    /// - The cost follows the streams of the page, however many events they hold.
    ///
    /// # Errors
    /// As for [`EventStore::read`].
    fn list_streams(&self, list: &ListStreams) -> impl Future<Output = Result<StreamPage, StoreError>> + Send {
        let text = format!(
            "cannot list the streams of type `{}`: this store does not know its streams by type\nhelp: read them with \
             `QueryItem::stream_type`",
            list.stream_type
        );
        std::future::ready(Err(StoreError::new(StoreErrorKind::Unsupported, text)))
    }

    /// Archives, restores, tombstones or deletes a stream, and returns its status from then on.
    ///
    /// Offering this is up to the store: the default refuses with [`StoreErrorKind::Unsupported`]. A store that offers
    /// it overrides [`EventStore::stream_info`] too, and holds to this:
    ///
    /// - The change is atomic and durable before it answers, and ordered with the appends: what commits later meets the
    ///   new status. [`StreamStatus::after`] says what follows from what. A change that is made already changes nothing and
    ///   answers with the first one's time and reason, so a change may be repeated.
    /// - [`limits::check_change`](crate::log::limits::check_change) comes first. A stream that never held an event is
    ///   [`StreamError::NotFound`].
    /// - An append that writes to a stream that is not open is refused whole, with
    ///   [`AppendError::StreamClosed`]. This is checked after ids, so a repeat is answered with the original positions
    ///   whatever became of the stream, and before conditions. A condition on a stream that the append does not write
    ///   to is checked as ever.
    /// - Archiving, restoring and tombstoning change nothing for readers.
    ///
    /// **Deleting** takes the events from every answer of the store: no query matches them, so they break no condition
    /// (what only a query keeps unique, such as a user's name in a tag, is free again). Nothing else moves:
    ///
    /// - Their positions are never given to another event, and the head does not fall. From then on what is read has
    ///   gaps, and a gap is no event to wait for: what lies at or below the head is there, or gone. Pages are as full
    ///   as ever.
    /// - The stream keeps its version. It never starts again: it takes no events, and a condition on its version is
    ///   checked against that version, without an event to name in the conflict.
    /// - To a decider the stream looks like one that never held an event, so a command may be refused by the domain. One that
    ///   would append to it is refused with `StreamClosed`, and so is one that expects a version of it.
    /// - Their ids stay taken, and a repeat of the append that wrote them is answered with the original positions and
    ///   versions. What a store keeps of a deleted event is its position, its id, its version, its time and its place
    ///   in its append; not its name, tags, metadata or payload.
    /// - A deletion is no event. It breaks no condition of a decision that read the events before, wakes nobody in
    ///   `watch`, and reaches no subscriber: one that is behind does not see the events any more, one that has seen
    ///   them keeps what it made of them. To let subscribers know, append an event that says so, to another stream.
    ///
    /// # Errors
    /// See [`StreamError`].
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

    /// Adds tags to stored events, each behind those that it carries, and returns how many events have new ones. What
    /// [`retag`](fn@crate::retag) calls, page by page.
    ///
    /// Offering this is up to the store: the default refuses with [`StoreErrorKind::Unsupported`]. A store that offers it
    /// holds to this:
    ///
    /// - All of it is written or nothing, durable before it answers, and ordered with the appends: a condition that is checked
    ///   later sees the tags. A tag that an event carries already is passed over, so a call may be repeated.
    /// - [`limits::check_add_tags`](crate::log::limits::check_add_tags) comes first. An event of another id, or none, at a position is
    ///   [`AddTagsError::NotThere`]; too many tags on one event are [`AddTagsError::Limit`].
    /// - From then on every read gives the event with its tags, and every query and condition by them finds it. Nothing else of
    ///   it changes, and the head does not move. An event that was deleted is left alone.
    ///
    /// A tag is no event: it wakes nobody in `watch`, and a condition that no event follows a position does not see one that an
    /// event before it was given.
    ///
    /// # Errors
    /// See [`AddTagsError`].
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
