use std::fmt;

use crate::log::content_type::{ContentType, Shown};
use crate::log::id::EventId;
use crate::log::metadata::Metadata;
use crate::log::name::{SchemaVersion, WireName};
use crate::log::personal::PersonalValue;
use crate::log::position::Position;
use crate::log::query::QueryItem;
use crate::log::recorded::{Part, PersonalData, RecordedEvent};
use crate::log::stream::{StreamId, StreamVersion};
use crate::log::tag::Tags;
use crate::log::time::Timestamp;

/// An event that is not yet recorded. [`NewEvent::encode`] makes one of an event type, [`NewEvent::json`] one by hand.
///
/// ```
/// # use eskit_runtime as eskit;
/// use eskit::log::{NewEvent, StreamId, Tag};
///
/// let placed = NewEvent::json("shop.OrderPlaced", r#"{"order":7}"#)
///     .with_stream(StreamId::new("order", "7"))
///     .with_tags([Tag::new("order", "7")].into_iter().collect());
/// assert_eq!(placed.schema_version.get(), 1);
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewEvent {
    /// Its id. A repeated append is recognised by the ids of its events.
    pub id: EventId,
    /// The stream to append to, if any.
    pub stream: Option<StreamId>,
    /// The name of its type.
    pub name: WireName,
    /// The version of its payload's shape.
    pub schema_version: SchemaVersion,
    /// Its tags.
    pub tags: Tags,
    /// Where it comes from.
    pub metadata: Metadata,
    /// The format of the payload.
    pub content_type: ContentType,
    /// The encoded payload.
    pub payload: Vec<u8>,
    /// What in the payload is personal data and not sealed yet. A store refuses events that have any.
    pub personal: Vec<PersonalValue>,
    /// When it happened; `None` for the time of the append. Imports set it.
    pub recorded_at: Option<Timestamp>,
}

impl NewEvent {
    /// A JSON event of schema version 1 with a fresh id and no stream, tags or metadata.
    pub fn json(name: impl Into<WireName>, payload: impl Into<Vec<u8>>) -> NewEvent {
        NewEvent {
            id: EventId::new(),
            stream: None,
            name: name.into(),
            schema_version: SchemaVersion::FIRST,
            tags: Tags::new(),
            metadata: Metadata::new(),
            content_type: ContentType::JSON,
            payload: payload.into(),
            personal: Vec::new(),
            recorded_at: None,
        }
    }

    /// The same event with another id.
    #[must_use]
    pub fn with_id(mut self, id: EventId) -> NewEvent {
        self.id = id;
        self
    }

    /// The same event in this stream, or in none.
    #[must_use]
    pub fn with_stream(mut self, stream: impl Into<Option<StreamId>>) -> NewEvent {
        self.stream = stream.into();
        self
    }

    /// The same event of another type.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<WireName>) -> NewEvent {
        self.name = name.into();
        self
    }

    /// The same event with another version of its payload's shape.
    #[must_use]
    pub fn with_schema_version(mut self, version: SchemaVersion) -> NewEvent {
        self.schema_version = version;
        self
    }

    /// The same event with these tags instead of its own.
    #[must_use]
    pub fn with_tags(mut self, tags: Tags) -> NewEvent {
        self.tags = tags;
        self
    }

    /// The same event with this metadata instead of its own.
    #[must_use]
    pub fn with_metadata(mut self, metadata: Metadata) -> NewEvent {
        self.metadata = metadata;
        self
    }

    /// The same event whose payload is said to have this format; [`NewEvent::recode`] writes it in another.
    #[must_use]
    pub fn with_content_type(mut self, content_type: ContentType) -> NewEvent {
        self.content_type = content_type;
        self
    }

    /// The same event with this encoded payload.
    #[must_use]
    pub fn with_payload(mut self, payload: impl Into<Vec<u8>>) -> NewEvent {
        self.payload = payload.into();
        self
    }

    /// The same event with these parts of the payload to be sealed.
    #[must_use]
    pub fn with_personal(mut self, personal: Vec<PersonalValue>) -> NewEvent {
        self.personal = personal;
        self
    }

    /// The same event as happened at this time, or, for `None`, at that of the append.
    #[must_use]
    pub fn with_recorded_at(mut self, at: impl Into<Option<Timestamp>>) -> NewEvent {
        self.recorded_at = at.into();
        self
    }

    /// The recorded event that this becomes at a position, at a version if it has a stream, as this part of its append.
    pub fn into_recorded(self, position: Position, version: Option<u64>, part: Part, now: Timestamp) -> RecordedEvent {
        RecordedEvent {
            position,
            part,
            id: self.id,
            stream: self.stream.map(|stream| StreamVersion { stream, version: version.unwrap_or_default() }),
            name: self.name,
            schema_version: self.schema_version,
            tags: self.tags,
            metadata: self.metadata,
            content_type: self.content_type,
            payload: self.payload,
            recorded_at: self.recorded_at.unwrap_or(now),
            personal: PersonalData::AsStored,
        }
    }
}

impl NewEvent {
    /// The bytes of its payload, its metadata and its tags: what the bounds of pages and appends count.
    pub fn size_bytes(&self) -> usize {
        self.payload.len() + self.metadata.size_bytes() + self.tags.as_packed().len()
    }

    /// Whether every part of an item that is set matches.
    pub fn matches(&self, item: &QueryItem) -> bool {
        item.matches(&self.name, &self.tags, self.stream.as_ref(), self.id)
    }
}

impl fmt::Debug for NewEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let NewEvent { id, stream, name, schema_version, tags, metadata, content_type, personal, .. } = self;
        let payload: &dyn fmt::Debug = if personal.is_empty() { &Shown(&self.payload) } else { &format_args!("***") };
        f.debug_struct("NewEvent")
            .field("id", id)
            .field("stream", stream)
            .field("name", name)
            .field("schema_version", schema_version)
            .field("tags", tags)
            .field("metadata", metadata)
            .field("content_type", content_type)
            .field("payload", payload)
            .field("personal", personal)
            .field("recorded_at", &self.recorded_at)
            .finish()
    }
}
