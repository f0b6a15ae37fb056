use std::fmt;
use std::sync::Arc;

use crate::log::bounds::EVENTS_PER_APPEND_MAX;
use crate::log::content_type::{ContentType, Shown};
use crate::log::id::EventId;
use crate::log::metadata::Metadata;
use crate::log::name::{SchemaVersion, WireName};
use crate::log::position::{Place, Position};
use crate::log::stream::StreamVersion;
use crate::log::tag::Tags;
use crate::log::time::Timestamp;

/// The part that an event is of its append: event `index` of `count`.
///
/// The events of one append have consecutive positions. Events that belong together, such as both halves of a transfer, are
/// appended together. A reader that stops only after the [last](Part::is_last) event of an append never shows one half alone.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Part {
    index: u16,
    count: u16,
}

impl Part {
    /// The only event of its append.
    pub const WHOLE: Part = Part { index: 0, count: 1 };

    /// Event `index`, from 0, of `count`. `None` if no append can have such a part: [`EVENTS_PER_APPEND_MAX`](crate::log::limits::EVENTS_PER_APPEND_MAX)
    /// is the most.
    pub fn new(index: usize, count: usize) -> Option<Part> {
        let is_possible = index < count && count <= EVENTS_PER_APPEND_MAX;
        Some(Part { index: u16::try_from(index).ok()?, count: u16::try_from(count).ok()? }).filter(|_| is_possible)
    }

    /// The parts of an append of `count` events, in order.
    pub fn all(count: usize) -> impl Iterator<Item = Part> {
        (0..count).map(move |index| Part::new(index, count).unwrap_or(Part::WHOLE))
    }

    /// How many events of the append come before this one.
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

/// An event as the log holds it: the encoded payload, and everything that is recorded with it.
///
/// Read with [`Pages`](crate::log::Pages) or [`EventStore::read`](crate::EventStore::read), and decoded with
/// [`RecordedEvent::decode`]. Stores and tests make one with [`NewEvent::into_recorded`](crate::log::NewEvent::into_recorded).
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordedEvent {
    /// Its position in the log.
    pub position: Position,
    /// Which part of its append it is.
    pub part: Part,
    /// Its id.
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
    /// When it happened: the time that the append gave it, or else the time of the append.
    pub recorded_at: Timestamp,
    /// What became of the personal data in the payload.
    pub personal: PersonalData,
}

/// What became of the personal data in the payload of a recorded event, on its way from the log to its reader.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum PersonalData {
    /// The payload is as the log holds it. If it has personal data, [`ContentType::is_sealed`] says so, and it is sealed.
    #[default]
    AsStored,
    /// A vault has opened what was sealed. `Debug` does not show the payload.
    Opened,
    /// A vault could not open it, for this reason. The payload is as the log holds it, and cannot be decoded.
    Unopened(Arc<str>),
}

impl RecordedEvent {
    /// Its place: what a reader remembers, to read on after this event.
    pub fn place(&self) -> Place {
        Place::new(self.position, self.id)
    }

    /// The position of the last event of its append. That event may have been deleted with its stream.
    pub fn append_end(&self) -> Position {
        Position::new(self.position.get() + u64::from(self.part.count - 1 - self.part.index))
    }

    /// The bytes of its payload, its metadata and its tags, which count towards the limits of pages and appends.
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
        let RecordedEvent {
            position,
            part,
            id,
            stream,
            name,
            schema_version,
            tags,
            metadata,
            content_type,
            personal,
            ..
        } = self;
        let is_shown = *personal != PersonalData::Opened;
        let payload: &dyn fmt::Debug = if is_shown { &Shown(&self.payload) } else { &format_args!("***") };
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
            .field("payload", payload)
            .field("recorded_at", &self.recorded_at)
            .field("personal", personal)
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
    /// The last event of the log at the time of this read, whether it matches or not. If [`Page::more`] is false, the read returned
    /// every match up to there.
    pub head: Place,
}

impl Page {
    /// A page of these events. `more` says whether further ones may follow; `head` is the last event of the log.
    pub fn new(events: Vec<RecordedEvent>, more: bool, head: Place) -> Page {
        Page { events, more, head }
    }
}

impl Metadata {
    /// Metadata that continues the chain of a recorded event: its correlation id (or its own id, when it has none) and
    /// originator, and its id as the causation id.
    pub fn caused_by(event: &RecordedEvent) -> Metadata {
        let correlation = event.metadata.correlation_id().map_or_else(|| event.id.to_string(), str::to_owned);
        let metadata = Metadata::new().with_correlation_id(correlation).with_causation_id(event.id.to_string());
        match event.metadata.originator() {
            Some(originator) => metadata.with_originator(originator.clone()),
            None => metadata,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Part;
    use crate::log::new_event::NewEvent;
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
