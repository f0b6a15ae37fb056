use crate::id::EventId;
use crate::metadata::Metadata;
use crate::name::{SchemaVersion, WireName};
use crate::payload::ContentType;
use crate::position::Position;
use crate::stream::StreamVersion;
use crate::tag::Tags;
use crate::time::Timestamp;

/// An event as the log holds it: the envelope and the encoded payload.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordedEvent {
    /// Its place in the global order.
    pub position: Position,
    /// Its identity.
    pub id: EventId,
    /// The stream that holds it, and its version there; `None` for an event outside every stream.
    pub stream: Option<StreamVersion>,
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
    /// When it happened, as the caller of the append said, or when the store recorded it.
    pub recorded_at: Timestamp,
}

/// One page of a read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Page {
    /// The events, in the direction of the read.
    pub events: Vec<RecordedEvent>,
    /// Whether further events may follow; read them with [`ReadOptions::following`](crate::ReadOptions::following).
    pub more: bool,
}

impl Page {
    /// A page of these events; `more` says whether further ones may follow.
    pub fn new(events: Vec<RecordedEvent>, more: bool) -> Page {
        Page { events, more }
    }
}
