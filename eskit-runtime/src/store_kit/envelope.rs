use crate::log::content_type::ContentType;
use crate::log::id::EventId;
use crate::log::metadata::Metadata;
use crate::log::name::{SchemaVersion, WireName};
use crate::log::new_event::NewEvent;
use crate::log::position::Position;
use crate::log::query::QueryItem;
use crate::log::recorded::{Part, PersonalData, RecordedEvent};
use crate::log::store::error::{StoreError, StoreErrorKind};
use crate::log::stream::{StreamId, StreamVersion};
use crate::log::tag::Tags;
use crate::log::time::Timestamp;
use crate::store_kit::interner::Interner;

/// The stored form of an event without its payload, position and version: one binary value.
///
/// Events are read far more often than they are written. To read a row of a dozen columns costs a database and its driver two to
/// three times as much as a row of this value, the payload and one or two numbers. Numbers are big-endian, texts UTF-8:
///
/// | | bytes |
/// |---|---|
/// | format: 1 | 1 |
/// | time in microseconds since 1970-01-01T00:00:00Z | 8 |
/// | id | 16 |
/// | schema version | 4 |
/// | index in the append, events of the append | 2 x 2 |
/// | lengths of the texts | 6 x 4 |
/// | type; stream type; stream id; content type; tags, separated by NUL; metadata as JSON | |
///
/// A text is empty if the event has no stream, tags or metadata, and for the content type `application/json`.
///
/// ```
/// # use eskit_runtime as eskit;
/// use eskit::store_kit::{Envelope, Interner};
/// use eskit::log::{NewEvent, Part, Position};
/// use eskit::Timestamp;
///
/// let event = NewEvent::json("shop.Sold", "{}");
/// let mut bytes = Envelope::encode(&event, Part::WHOLE)?;
/// Envelope::stamp(&mut bytes, Timestamp::from_micros(5));
/// let envelope = Envelope::parse(&bytes).ok_or("damaged")?;
/// let read = envelope.into_recorded(Position::new(7), None, b"{}".to_vec(), &mut Interner::new()).ok_or("damaged")?;
/// assert_eq!((read.position, read.id, read.recorded_at.as_micros()), (Position::new(7), event.id, 5));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'b> {
    recorded_at: Timestamp,
    id: EventId,
    schema_version: SchemaVersion,
    part: Part,
    name: &'b str,
    stream_type: &'b str,
    stream_id: &'b str,
    content_type: &'b str,
    tags: &'b str,
    metadata: &'b str,
}

/// Bytes before the texts.
const FIXED: usize = 1 + 8 + 16 + 4 + 4 + 6 * 4;
/// Where the length of the tags stands.
const TAGS_LENGTH: usize = FIXED - 2 * 4;
/// The format that is described above. A later one may add to it.
const FORMAT: u8 = 1;

impl<'b> Envelope<'b> {
    /// The envelopes of the events of one append, see [`encode`](Envelope::encode).
    ///
    /// # Errors
    /// The metadata of an event cannot be encoded.
    pub fn encode_all(events: &[NewEvent]) -> Result<Vec<Vec<u8>>, StoreError> {
        events.iter().zip(Part::all(events.len())).map(|(event, part)| Envelope::encode(event, part)).collect()
    }

    /// Encodes the envelope of an event, which must be within the limits. An event without a time of its own needs a
    /// [stamp](Envelope::stamp) before it is written.
    ///
    /// # Errors
    /// The metadata cannot be encoded.
    pub fn encode(event: &NewEvent, part: Part) -> Result<Vec<u8>, StoreError> {
        let NewEvent { id, stream, name, schema_version, tags, metadata, content_type, .. } = event;
        let recorded_at = event.recorded_at.unwrap_or(Timestamp::from_micros(0));
        let fixed = (recorded_at, *id, *schema_version, part);
        encode_texts(fixed, (name, stream.as_ref(), content_type, tags, metadata))
    }

    /// Encodes the envelope of an event that was recorded.
    ///
    /// # Errors
    /// The metadata cannot be encoded.
    pub fn encode_recorded(event: &RecordedEvent) -> Result<Vec<u8>, StoreError> {
        let RecordedEvent { id, part, stream, name, schema_version, tags, metadata, content_type, .. } = event;
        let fixed = (event.recorded_at, *id, *schema_version, *part);
        encode_texts(fixed, (name, stream.as_ref().map(|at| &at.stream), content_type, tags, metadata))
    }

    /// Writes the time into the bytes of an envelope.
    pub fn stamp(bytes: &mut [u8], recorded_at: Timestamp) {
        if let Some(field) = bytes.get_mut(1..).and_then(<[u8]>::first_chunk_mut) {
            *field = recorded_at.as_micros().to_be_bytes();
        }
    }

    /// The bytes of the same envelope with these tags; `None` if the bytes are not an envelope.
    pub fn with_tags(bytes: &[u8], tags: &Tags) -> Option<Vec<u8>> {
        let Envelope { name, stream_type, stream_id, content_type, tags: old, .. } = Envelope::parse(bytes)?;
        let texts_before = [name, stream_type, stream_id, content_type];
        let start = FIXED + texts_before.iter().map(|text| text.len()).sum::<usize>();
        let mut new = Vec::with_capacity(bytes.len() + tags.as_packed().len());
        new.extend_from_slice(bytes.get(..start)?);
        new.extend_from_slice(tags.as_packed().as_bytes());
        // Not only the metadata: a later version may have added to it.
        new.extend_from_slice(bytes.get(start + old.len()..)?);
        let length = u32::try_from(tags.as_packed().len()).ok()?.to_be_bytes();
        new.get_mut(TAGS_LENGTH..TAGS_LENGTH + 4)?.copy_from_slice(&length);
        Some(new)
    }

    /// Reads an envelope; `None` if the bytes are not an envelope, or have a format that this version of eskit does not know.
    pub fn parse(bytes: &'b [u8]) -> Option<Envelope<'b>> {
        let (fixed, texts) = bytes.split_first_chunk::<FIXED>()?;
        let mut rest = Rest(fixed);
        let [FORMAT] = rest.array()? else { return None };
        let recorded_at = Timestamp::from_micros(i64::from_be_bytes(rest.array()?));
        let id = EventId::from_bytes(rest.array()?);
        let schema_version = SchemaVersion::new(u32::from_be_bytes(rest.array()?))?;
        let [index, count] = [rest.array()?, rest.array()?].map(|number| usize::from(u16::from_be_bytes(number)));
        let part = Part::new(index, count)?;
        let mut lengths = [0; 6];
        for length in &mut lengths {
            *length = usize::try_from(u32::from_be_bytes(rest.array()?)).ok()?;
        }
        // One look at all of them is cheaper than six.
        let mut texts = std::str::from_utf8(texts).ok()?;
        let [name, stream_type, stream_id, content_type, tags, metadata] = lengths.map(|length| {
            let (text, rest) = texts.split_at_checked(length)?;
            texts = rest;
            Some(text)
        });
        Some(Envelope {
            recorded_at,
            id,
            schema_version,
            part,
            name: name?,
            stream_type: stream_type?,
            stream_id: stream_id?,
            content_type: content_type?,
            tags: tags?,
            metadata: metadata?,
        })
    }

    /// The wire name.
    pub fn name(&self) -> &'b str {
        self.name
    }

    /// Whether the event belongs to a stream.
    pub(crate) fn has_stream(&self) -> bool {
        !(self.stream_type.is_empty() && self.stream_id.is_empty())
    }

    /// The tags as `key:value`.
    pub fn tags(&self) -> impl Iterator<Item = &'b str> + use<'b> {
        self.tags.split('\0').filter(|tag| !tag.is_empty())
    }

    /// The tags as one text, for [`Tags::from_packed`].
    pub fn packed_tags(&self) -> &'b str {
        self.tags
    }

    /// Whether the event matches every part of an item that is set.
    pub fn matches(&self, item: &QueryItem) -> bool {
        let is_in = |stream: &StreamId| stream.stream_type() == self.stream_type && stream.id() == self.stream_id;
        (item.types.is_empty() || item.types.iter().any(|name| name == self.name))
            && (item.ids.is_empty() || item.ids.contains(&self.id))
            && item.stream.as_ref().is_none_or(is_in)
            && item.stream_type.as_ref().is_none_or(|wanted| *wanted == self.stream_type)
            && item.tags.iter().all(|wanted| self.tags().any(|tag| tag == wanted.as_str()))
    }

    /// The recorded event, with its position and its payload; `version` is its version in its stream. `None` if the metadata is
    /// damaged.
    pub fn into_recorded(
        self,
        position: Position,
        version: Option<u64>,
        payload: Vec<u8>,
        names: &mut Interner,
    ) -> Option<RecordedEvent> {
        let stream = version.map(|version| StreamVersion {
            stream: StreamId::new(names.share(self.stream_type), names.share_id(self.stream_id)),
            version,
        });
        let Envelope { content_type, tags, metadata, .. } = self;
        Some(RecordedEvent {
            position,
            part: self.part,
            id: self.id,
            stream,
            name: WireName::from(names.share(self.name)),
            schema_version: self.schema_version,
            tags: if tags.is_empty() { Tags::new() } else { Tags::from_packed(names.share_tags(tags)) },
            metadata: if metadata.is_empty() { Metadata::new() } else { serde_json::from_str(metadata).ok()? },
            content_type: if content_type.is_empty() { ContentType::JSON } else { ContentType::new(content_type) },
            payload,
            recorded_at: self.recorded_at,
            personal: PersonalData::AsStored,
        })
    }
}

type Fixed = (Timestamp, EventId, SchemaVersion, Part);
type Texts<'e> = (&'e str, Option<&'e StreamId>, &'e ContentType, &'e Tags, &'e Metadata);

fn encode_texts(fixed: Fixed, (name, stream, content_type, tags, metadata): Texts<'_>) -> Result<Vec<u8>, StoreError> {
    let (recorded_at, id, schema_version, part) = fixed;
    let metadata = if metadata.is_empty() { String::new() } else { json(metadata)? };
    let texts = [
        name,
        stream.map_or("", StreamId::stream_type),
        stream.map_or("", StreamId::id),
        if content_type.is_json() { "" } else { content_type.as_str() },
        tags.as_packed(),
        &metadata,
    ];
    let mut bytes = Vec::with_capacity(FIXED + texts.iter().map(|text| text.len()).sum::<usize>());
    bytes.push(FORMAT);
    bytes.extend_from_slice(&recorded_at.as_micros().to_be_bytes());
    bytes.extend_from_slice(id.as_bytes());
    bytes.extend_from_slice(&schema_version.get().to_be_bytes());
    for number in [part.index(), part.count()] {
        bytes.extend_from_slice(&u16::try_from(number).unwrap_or(u16::MAX).to_be_bytes());
    }
    for text in texts {
        // The limits keep each of them far below the maximum.
        bytes.extend_from_slice(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
    }
    texts.iter().for_each(|text| bytes.extend_from_slice(text.as_bytes()));
    Ok(bytes)
}

fn json(metadata: &Metadata) -> Result<String, StoreError> {
    serde_json::to_string(metadata).map_err(|error| {
        let text = format!("the metadata of an event cannot be encoded: {error}");
        StoreError::new(StoreErrorKind::Other, text).with_source(error)
    })
}

/// What is left to read of the fixed part.
struct Rest<'b>(&'b [u8]);

impl<'b> Rest<'b> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::tag::Tag;

    #[test]
    fn an_envelope_gives_the_event_back_and_none_that_is_cut() {
        let mut event = NewEvent::json("shop.Sold", "{}");
        event.stream = Some(StreamId::new("order", "o-1"));
        event.tags.push("customer", "c\u{1f600}");
        event.tags.push("shop", 1);
        event.metadata = Metadata::new().with("tenant", "t-1");
        event.content_type = ContentType::new("application/cbor");
        let time = Timestamp::from_micros(-1);

        let mut bytes = Envelope::encode(&event, Part::new(1, 3).unwrap()).unwrap();
        Envelope::stamp(&mut bytes, time);
        let read = Envelope::parse(&bytes).unwrap();
        let item = QueryItem::types(["shop.Sold"]).with_tag(Tag::new("shop", 1));
        assert!(read.matches(&item) && !read.matches(&item.with_tag(Tag::new("shop", 2))));
        let names = &mut Interner::new();
        let recorded = read.into_recorded(Position::new(7), Some(3), b"{}".to_vec(), names).unwrap();
        assert_eq!(recorded, event.into_recorded(Position::new(7), Some(3), Part::new(1, 3).unwrap(), time));
        for length in 0..bytes.len() {
            assert!(Envelope::parse(&bytes[..length]).is_none(), "{length} bytes");
        }
        bytes[0] = 2;
        assert!(Envelope::parse(&bytes).is_none(), "a later format");
    }

    #[test]
    fn an_envelope_with_other_tags_is_the_one_that_would_have_been_written() {
        for (old, new) in [("", "n:1"), ("n:1", "n:1\0n:2"), ("n:1", ""), ("", "")] {
            let event = |tags: &str| {
                NewEvent::json("shop.Sold", "{}")
                    .with_stream(StreamId::new("order", "o-1"))
                    .with_tags(Tags::from_packed(tags))
                    .with_metadata(Metadata::new().with("tenant", "t-1"))
            };
            let (old, mut wanted) = (event(old), event(new));
            wanted.id = old.id;
            let bytes = Envelope::encode(&old, Part::WHOLE).unwrap();
            assert_eq!(
                Envelope::with_tags(&bytes, &wanted.tags),
                Some(Envelope::encode(&wanted, Part::WHOLE).unwrap())
            );
            assert_eq!(Envelope::with_tags(&bytes[..9], &wanted.tags), None);
            // What a later version added stays.
            let [old, new] =
                [bytes, Envelope::encode(&wanted, Part::WHOLE).unwrap()].map(|bytes| [&bytes[..], b"+"].concat());
            assert_eq!(Envelope::with_tags(&old, &wanted.tags), Some(new));
        }
    }
}
