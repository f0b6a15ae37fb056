use std::fmt;

use crate::log::content_type::{ContentType, Shown};
use crate::log::id::EventId;
use crate::log::metadata::Metadata;
use crate::log::name::{SchemaVersion, WireName};
use crate::log::position::{Place, Position};
use crate::log::stream::StreamVersion;
use crate::log::tag::Tags;
use crate::log::time::Timestamp;

/// An event as the log holds it: the envelope and the encoded payload.
#[derive(Clone, PartialEq, Eq)]
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

impl RecordedEvent {
    /// Where it stands: what a reader remembers of the log, to read on behind it.
    pub fn place(&self) -> Place {
        Place::new(self.position, self.id)
    }

    /// The bytes of its payload, its metadata and its tags: what the bounds of pages and appends count.
    pub fn size_bytes(&self) -> usize {
        self.payload.len() + self.metadata.size_bytes() + self.tags.as_packed().len()
    }
}

impl From<&RecordedEvent> for Place {
    fn from(event: &RecordedEvent) -> Place {
        event.place()
    }
}

impl fmt::Debug for RecordedEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RecordedEvent { position, id, stream, name, schema_version, tags, metadata, content_type, .. } = self;
        f.debug_struct("RecordedEvent")
            .field("position", position)
            .field("id", id)
            .field("stream", stream)
            .field("name", name)
            .field("schema_version", schema_version)
            .field("tags", tags)
            .field("metadata", metadata)
            .field("content_type", content_type)
            .field("payload", &Shown(&self.payload))
            .field("recorded_at", &self.recorded_at)
            .finish()
    }
}

/// One page of a read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Page {
    /// The events, in the direction of the read.
    pub events: Vec<RecordedEvent>,
    /// Whether further events may follow; read them with [`ReadOptions::following`](crate::ReadOptions::following).
    pub more: bool,
    /// The last event of the whole log as of this read, whether it matches or not: without [`Page::more`], nothing that matches
    /// was left out up to there.
    pub head: Place,
}

impl Page {
    /// A page of these events; `more` says whether further ones may follow, and `head` where the log ended as of the read.
    pub fn new(events: Vec<RecordedEvent>, more: bool, head: Place) -> Page {
        Page { events, more, head }
    }
}

#[cfg(test)]
mod tests {
    use crate::log::append::NewEvent;
    use crate::log::position::Position;
    use crate::log::time::Timestamp;

    #[test]
    fn a_payload_is_shown_as_the_text_that_it_is() {
        let event = NewEvent::json("test.Happened", r#"{"n":1}"#);
        assert!(format!("{event:?}").contains(r#"payload: {"n":1}, "#), "{event:?}");
        let mut recorded = event.into_recorded(Position::new(1), None, Timestamp::from_micros(0));
        assert!(format!("{recorded:?}").contains(r#"payload: {"n":1}, "#), "{recorded:?}");
        recorded.payload = vec![0xff, 1];
        assert!(format!("{recorded:?}").contains("payload: [255, 1], "), "{recorded:?}");
    }
}
