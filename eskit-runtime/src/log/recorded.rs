use std::fmt;

use crate::log::content_type::{ContentType, Shown};
use crate::log::id::EventId;
use crate::log::limits::EVENTS_PER_APPEND_MAX;
use crate::log::metadata::Metadata;
use crate::log::name::{SchemaVersion, WireName};
use crate::log::position::{Place, Position};
use crate::log::stream::StreamVersion;
use crate::log::tag::Tags;
use crate::log::time::Timestamp;

/// Where an event stands in the append that recorded it: event `index` of `count`.
///
/// The events of one append have positions that follow each other. What belongs together, such as both halves of a transfer, was
/// appended together: a reader that stops only behind the [last](Part::is_last) event of an append never shows a half.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Part {
    index: u16,
    count: u16,
}

impl Part {
    /// The only event of its append.
    pub const WHOLE: Part = Part { index: 0, count: 1 };

    /// Event `index`, from 0, of `count`. `None` for what no append has: [`EVENTS_PER_APPEND_MAX`](crate::log::limits::EVENTS_PER_APPEND_MAX)
    /// is the most.
    pub fn new(index: usize, count: usize) -> Option<Part> {
        let is_possible = index < count && count <= EVENTS_PER_APPEND_MAX;
        Some(Part { index: u16::try_from(index).ok()?, count: u16::try_from(count).ok()? }).filter(|_| is_possible)
    }

    /// Where each of `count` events stands that are appended together.
    pub fn all(count: usize) -> impl Iterator<Item = Part> {
        (0..count).map(move |index| Part::new(index, count).unwrap_or(Part::WHOLE))
    }

    /// How many events of the append stand before this one.
    pub fn index(self) -> usize {
        self.index.into()
    }

    /// How many events the append has.
    pub fn count(self) -> usize {
        self.count.into()
    }

    /// Whether the append ends with this event.
    pub fn is_last(self) -> bool {
        self.index + 1 == self.count
    }
}

/// An event as the log holds it: the envelope and the encoded payload. Made by [`NewEvent::into_recorded`](crate::log::NewEvent::into_recorded).
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordedEvent {
    /// Its place in the global order.
    pub position: Position,
    /// Where it stands in the append that recorded it.
    pub part: Part,
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

    /// The position of the last event of its append. That event may be gone, if its stream was deleted.
    pub fn append_end(&self) -> Position {
        Position::new(self.position.get() + u64::from(self.part.count - 1 - self.part.index))
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
        let RecordedEvent { position, part, id, stream, name, schema_version, tags, metadata, content_type, .. } = self;
        f.debug_struct("RecordedEvent")
            .field("position", position)
            .field("part", part)
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
    /// Whether further events may follow; read them with [`ReadOptions::following`](crate::log::ReadOptions::following).
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
    use super::Part;
    use crate::log::append::NewEvent;
    use crate::log::position::Position;
    use crate::log::time::Timestamp;

    #[test]
    fn a_payload_is_shown_as_the_text_that_it_is() {
        let event = NewEvent::json("test.Happened", r#"{"n":1}"#);
        assert!(format!("{event:?}").contains(r#"payload: {"n":1}, "#), "{event:?}");
        let mut recorded = event.into_recorded(Position::new(1), None, Part::WHOLE, Timestamp::from_micros(0));
        assert!(format!("{recorded:?}").contains(r#"payload: {"n":1}, "#), "{recorded:?}");
        recorded.payload = vec![0xff, 1];
        assert!(format!("{recorded:?}").contains("payload: [255, 1], "), "{recorded:?}");
    }
}
