mod access;
mod trail;

use std::fmt;
use std::sync::Arc;

use eskit_runtime::log::{
    AddTagsError, AddedTags, Append, AppendError, Appended, ListStreams, Page, Principal, Query, ReadOptions,
    StreamChange, StreamError, StreamId, StreamInfo, StreamPage, StreamStatus,
};
use eskit_runtime::{EventStore, StoreError, delegate_store};

use access::Access;
use trail::Trail;
pub use trail::{AuditHealth, IfAuditFails};

/// A store that notes who read and who wrote what, in a log of its own: the audit log.
///
/// | call | what is noted |
/// |---|---|
/// | `append` | the ids and types of the events, and the streams that they go to |
/// | `read` | the query, where the page begins, and how many events were found, from which position to which |
/// | `stream_info`, `list_streams` | the stream or the type of streams |
/// | `change_stream` | the stream, and what is to become of it |
/// | `add_tags` | the ids of the events |
///
/// `head`, `log_id` and `watch` give away no content, and are not noted. Payloads and metadata are not noted, but tags and ids of streams are, of
/// queries too: whoever may read the audit log sees them.
///
/// Each access is an event of the type [`Audited::EVENT`] in the audit log, which may be any store. Its initiator is the principal of
/// [`Audited::by`]; an append without one is that of the initiator of its first event. Its tags find it: `audit.who:user:ada`, and
/// `audit.stream:account:a-17` for each stream that is named, of up to 32.
///
/// **What if the audit log fails** must be said, with [`IfAuditFails`].
///
/// ```
/// use eskit::layer::{Audited, IfAuditFails};
/// use eskit::log::{Principal, PrincipalKind};
/// use eskit::prelude::*;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (log, audit) = (MemoryStore::new(), MemoryStore::new());
/// let audited = Audited::new(log, audit.clone(), IfAuditFails::Refuse);
///
/// // For each request: a store of its user, and an app around it.
/// let of_ada = audited.by(Principal::new(PrincipalKind::User, "ada")).purpose("complaint 17");
/// of_ada.read(&Query::all(), ReadOptions::default()).await?;
///
/// let noted = audit.read(&Query::all(), ReadOptions::default()).await?;
/// assert_eq!(noted.events[0].metadata.initiator().map(|who| who.id.as_str()), Some("ada"));
/// # Ok(()) }
/// ```
///
/// Subscriptions read the whole log again and again, for nobody in particular: give their app the store itself.
pub struct Audited<S, A> {
    store: S,
    trail: Arc<Trail<A>>,
    who: Option<Principal>,
    purpose: Option<Arc<str>>,
}

impl<S, A> Audited<S, A> {
    /// The type of the events in the audit log.
    pub const EVENT: &'static str = "eskit.audit.Accessed";
}

impl<S, A: EventStore + 'static> Audited<S, A> {
    /// The store, whose calls are noted in `audit`.
    pub fn new(store: S, audit: A, if_it_fails: IfAuditFails) -> Audited<S, A> {
        Audited { store, trail: Arc::new(Trail::new(audit, if_it_fails)), who: None, purpose: None }
    }

    /// The same store, for calls of this principal.
    #[must_use]
    pub fn by(&self, who: Principal) -> Audited<S, A>
    where
        S: Clone,
    {
        Audited { who: Some(who), ..self.clone() }
    }

    /// Notes this purpose with each call, such as the number of a case.
    #[must_use]
    pub fn purpose(mut self, purpose: impl Into<String>) -> Audited<S, A> {
        self.purpose = Some(purpose.into().into());
        self
    }

    /// How the audit log is doing.
    pub fn health(&self) -> AuditHealth {
        self.trail.health()
    }

    /// Waits until all that was noted before is written, or was dropped. With [`IfAuditFails::Refuse`], it always is.
    pub async fn written(&self) {
        self.trail.written().await;
    }

    /// Notes a call before what it changes is changed, if nothing may go unnoted.
    async fn before(&self, access: impl FnOnce() -> Access) -> Result<(), StoreError> {
        match self.trail.refuses() {
            true => self.note(access().attempted()).await,
            false => Ok(()),
        }
    }

    /// Notes a call after it, unless that was done before.
    async fn after(&self, access: Option<Access>, outcome: &'static str) {
        if let Some(access) = access {
            // Where this could fail, it was noted before.
            let _ = self.note(access.ended(outcome)).await;
        }
    }

    async fn note(&self, access: Access) -> Result<(), StoreError> {
        let event = access.into_event(Self::EVENT, self.who.as_ref(), self.purpose.as_deref());
        self.trail.note(event).await
    }
}

fn outcome<T, E>(answer: &Result<T, E>) -> &'static str {
    if answer.is_ok() { "done" } else { "failed" }
}

impl<S: EventStore, A: EventStore + 'static> EventStore for Audited<S, A> {
    delegate_store!(|layer| &layer.store, except append, read, stream_info, list_streams, change_stream, add_tags);

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.before(|| Access::append(&append)).await?;
        let later = (!self.trail.refuses()).then(|| Access::append(&append));
        let answer = self.store.append(append).await;
        self.after(later, outcome(&answer)).await;
        answer
    }

    async fn read(&self, query: &Query, options: ReadOptions) -> Result<Page, StoreError> {
        let answer = self.store.read(query, options).await;
        let access = Access::read(query, &options, answer.as_ref().ok());
        self.note(access.ended(outcome(&answer))).await?;
        answer
    }

    async fn stream_info(&self, stream: &StreamId) -> Result<StreamInfo, StoreError> {
        let answer = self.store.stream_info(stream).await;
        self.note(Access::stream("stream_info", stream, None).ended(outcome(&answer))).await?;
        answer
    }

    async fn list_streams(&self, list: &ListStreams) -> Result<StreamPage, StoreError> {
        let answer = self.store.list_streams(list).await;
        self.note(Access::list(list).ended(outcome(&answer))).await?;
        answer
    }

    async fn change_stream(&self, stream: &StreamId, change: StreamChange) -> Result<StreamStatus, StreamError> {
        let name = change.name();
        self.before(|| Access::stream("change_stream", stream, Some(name))).await?;
        let later = (!self.trail.refuses()).then(|| Access::stream("change_stream", stream, Some(name)));
        let answer = self.store.change_stream(stream, change).await;
        self.after(later, outcome(&answer)).await;
        answer
    }

    async fn add_tags(&self, added: Vec<AddedTags>) -> Result<u64, AddTagsError> {
        self.before(|| Access::tags(&added)).await?;
        let later = (!self.trail.refuses()).then(|| Access::tags(&added));
        let answer = self.store.add_tags(added).await;
        self.after(later, outcome(&answer)).await;
        answer
    }
}

impl<S: Clone, A> Clone for Audited<S, A> {
    fn clone(&self) -> Audited<S, A> {
        let Audited { store, trail, who, purpose } = self;
        Audited { store: store.clone(), trail: Arc::clone(trail), who: who.clone(), purpose: purpose.clone() }
    }
}

impl<S: fmt::Debug, A> fmt::Debug for Audited<S, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Audited").field("store", &self.store).field("who", &self.who).finish_non_exhaustive()
    }
}
