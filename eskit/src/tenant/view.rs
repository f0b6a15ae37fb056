//! What a tenant sees, and what the log holds of it.
//!
//! | a tenant's | in the log |
//! |---|---|
//! | event | the same with the tag `tenant:<id>` |
//! | stream `account:a-17` | `account:<id>/a-17` |
//! | event id of version 7 | the same: nobody makes it twice |
//! | any other event id, such as one that is made from an idempotency key | with other bits at its end: two tenants may use one key |
//! | log id | another one for each tenant, so that views and snapshots of one are never taken for those of another |

use eskit_runtime::log::{
    AddTagsError, AddedTags, AppendError, Condition, Conflict, ConflictKind, EventId, LogId, NewEvent, Place, Query,
    QueryItem, StoreErrorKind, StreamClosed, StreamError, StreamId, TENANT_TAG, Tag, Tags,
};
use eskit_runtime::{Metadata, RecordedEvent, StoreError};

use super::id::TenantId;

/// What separates the tags of an event in one text.
const SEPARATOR: char = '\0';

/// The id by which its tenant knows an event with these tags; the id itself if it is no tenant's, or if the tenant sees it.
#[cfg(feature = "personal")]
pub(crate) fn id_within(tags: &Tags, id: EventId) -> EventId {
    match tags.values(TENANT_TAG).next().and_then(|tenant| TenantId::new(tenant).ok()) {
        Some(tenant) => View::of(&tenant).id(id),
        None => id,
    }
}

/// One tenant's view of a log.
#[derive(Clone, Debug)]
pub(super) struct View {
    tenant: TenantId,
    /// What stands before the ids of its streams.
    prefix: String,
    tag: Tag,
    /// The bits that are turned in ids that may be made twice.
    mask: [u8; 16],
}

impl View {
    pub(super) fn of(tenant: &TenantId) -> View {
        let mut mask = *EventId::from_key(&format!("tenant/{tenant}"), 0).as_bytes();
        // The time in an id near its cause, the version and the variant stay.
        mask[..9].fill(0);
        View { tenant: tenant.clone(), prefix: format!("{tenant}/"), tag: Tag::new(TENANT_TAG, tenant.as_str()), mask }
    }

    pub(super) fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// The id in the log of a tenant's id; and the other way round.
    pub(super) fn id(&self, id: EventId) -> EventId {
        if id.as_uuid().get_version_num() == 7 {
            return id;
        }
        let mut bytes = *id.as_bytes();
        bytes.iter_mut().zip(self.mask).for_each(|(byte, mask)| *byte ^= mask);
        EventId::from_bytes(bytes)
    }

    /// The place in the log of a tenant's place; and the other way round.
    pub(super) fn place(&self, place: Place) -> Place {
        Place { id: place.id.map(|id| self.id(id)), ..place }
    }

    /// The id of the log as this tenant sees it.
    pub(super) fn log_id(&self, log: LogId) -> LogId {
        LogId::from_bytes(*EventId::from_key(&format!("{log}/{}", self.tenant), 0).as_bytes())
    }

    pub(super) fn stream(&self, stream: &StreamId) -> StreamId {
        stream.with_id(self.stream_id(stream.id()))
    }

    /// The id in the log of a stream with this id; without one, what comes before all of the tenant's.
    pub(super) fn stream_id(&self, id: &str) -> String {
        format!("{}{id}", self.prefix)
    }

    /// The tenant's stream, unless it is another's.
    pub(super) fn own_stream(&self, stream: &StreamId) -> Option<StreamId> {
        stream.id().strip_prefix(self.prefix.as_str()).map(|id| stream.with_id(id))
    }

    /// The stream of an error, which was this tenant's.
    fn said_stream(&self, stream: StreamId) -> StreamId {
        self.own_stream(&stream).unwrap_or(stream)
    }

    /// The tags of an event without the first one in the log, which is the tenant's.
    fn own_tags(&self, tags: &Tags) -> Tags {
        let rest = tags.as_packed().strip_prefix(self.tag.as_str());
        match rest.map(|rest| (rest, rest.strip_prefix(SEPARATOR))) {
            Some((_, Some(own))) => Tags::from_packed(own),
            Some(("", None)) => Tags::new(),
            _ => tags.iter().filter(|tag| *tag != self.tag.as_ref()).collect(),
        }
    }

    /// An event within its limits, so that no tag holds a NUL, as the log has it: the tenant's tag is its first.
    pub(super) fn new_event(&self, mut event: NewEvent) -> Result<NewEvent, StoreError> {
        refuse_own_tag(&event.tags, &event.name)?;
        event.id = self.id(event.id);
        event.stream = event.stream.map(|stream| self.stream(&stream));
        event.tags = Tags::from_packed(match event.tags.as_packed() {
            "" => self.tag.as_str().to_owned(),
            own => format!("{}{SEPARATOR}{own}", self.tag),
        });
        event.metadata = self.metadata(event.metadata);
        Ok(event)
    }

    /// An event as the tenant appended it.
    pub(super) fn recorded(&self, mut event: RecordedEvent) -> RecordedEvent {
        event.id = self.id(event.id);
        if let Some(at) = &mut event.stream {
            at.stream = self.said_stream(at.stream.clone());
        }
        event.tags = self.own_tags(&event.tags);
        event.metadata = self.metadata(event.metadata);
        event
    }

    /// The cause is an event of the same tenant, and goes by its id.
    fn metadata(&self, metadata: Metadata) -> Metadata {
        match metadata.causation_id().and_then(|cause| cause.parse::<EventId>().ok()) {
            Some(cause) if self.id(cause) != cause => metadata.with_causation_id(self.id(cause).to_string()),
            _ => metadata,
        }
    }

    /// The query, of this tenant's events alone.
    pub(super) fn query(&self, query: &Query) -> Query {
        // To the tenant no event carries this tag.
        let asks_for_own = |item: &&QueryItem| item.tags.iter().any(|tag| tag.as_ref().key() == TENANT_TAG);
        Query::any_of(query.items().iter().filter(|item| !asks_for_own(item)).map(|item| {
            let mut item = item.clone();
            item.stream = item.stream.map(|stream| self.stream(&stream));
            item.ids.iter_mut().for_each(|id| *id = self.id(*id));
            // The name of a stream says whose it is.
            if item.stream.is_none() { item.with_tag(self.tag.clone()) } else { item }
        }))
    }

    pub(super) fn condition(&self, condition: Condition) -> Condition {
        match condition {
            Condition::Stream { stream, expected } => Condition::Stream { stream: self.stream(&stream), expected },
            Condition::Holds(place) => Condition::Holds(self.place(place)),
            Condition::NoEvents { query, after } => Condition::NoEvents { query: self.query(&query), after },
        }
    }

    pub(super) fn added_tags(&self, added: AddedTags) -> Result<AddedTags, StoreError> {
        refuse_own_tag(&added.tags, &added.id.to_string())?;
        Ok(AddedTags { id: self.id(added.id), ..added })
    }

    pub(super) fn append_error(&self, error: AppendError) -> AppendError {
        match error {
            AppendError::Conflict(Conflict { kind, event, .. }) => {
                let kind = match kind {
                    ConflictKind::Stream { stream, expected, found } => {
                        ConflictKind::Stream { stream: self.said_stream(stream), expected, found }
                    }
                    ConflictKind::Replaced { place } => ConflictKind::Replaced { place: self.place(place) },
                    ConflictKind::Query { after } => ConflictKind::Query { after },
                    other => other,
                };
                AppendError::Conflict(Conflict::new(kind, event))
            }
            AppendError::IdReused { id, position } => AppendError::IdReused { id: self.id(id), position },
            AppendError::StreamClosed(StreamClosed { stream, status, .. }) => {
                AppendError::StreamClosed(StreamClosed::new(self.said_stream(stream), status))
            }
            other => other,
        }
    }

    pub(super) fn stream_error(&self, error: StreamError) -> StreamError {
        match error {
            StreamError::NotFound { stream } => StreamError::NotFound { stream: self.said_stream(stream) },
            StreamError::Refused { stream, status, change } => {
                StreamError::Refused { stream: self.said_stream(stream), status, change }
            }
            other => other,
        }
    }

    pub(super) fn tags_error(&self, error: AddTagsError) -> AddTagsError {
        match error {
            AddTagsError::NotThere { position, id } => AddTagsError::NotThere { position, id: self.id(id) },
            other => other,
        }
    }
}

fn refuse_own_tag(tags: &Tags, of: &str) -> Result<(), StoreError> {
    match tags.values(TENANT_TAG).next() {
        None => Ok(()),
        Some(value) => Err(StoreError::new(
            StoreErrorKind::Invalid,
            format!(
                "`{of}` has the tag `{TENANT_TAG}:{}`, and the store of a tenant says itself whose its events are\nhelp: leave that tag out, or \
                 give it another key",
                value.escape_debug()
            ),
        )),
    }
}
