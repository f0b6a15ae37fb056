//! How the database keeps an event, and how it is read.
//!
//! An event is read whole, and far more often than it is written: so everything but its payload lies in one value, the
//! envelope, and other columns hold again what indexes need. A dozen columns a row cost the server and the client almost three
//! times as much to read. All numbers are big-endian, as PostgreSQL's `int8send` writes them.
//!
//! | the envelope | bytes |
//! |---|---|
//! | position; version in the stream, 0 without one | 8 + 8, which the database puts before the rest |
//! | time in microseconds since 1970-01-01T00:00:00Z | 8 |
//! | id | 16 |
//! | schema version | 4 |
//! | lengths of what follows | 6 x 4 |
//! | type; type and id of the stream; content type; tags, separated by NUL; metadata as JSON | |
//!
//! Nothing is written for a stream, a content type or metadata that an event does not have; JSON is no content type.

use eskit_runtime::{
    ContentType, EventId, Interner, Metadata, NewEvent, Position, RecordedEvent, SchemaVersion, StreamId,
    StreamVersion, Tags, Timestamp, WireName,
};

use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::error::Fault;

/// A position as the database holds it.
pub(crate) fn column(position: Position) -> i64 {
    i64::try_from(position.get()).unwrap_or(i64::MAX)
}

/// The position that the database holds.
pub(crate) fn position(column: i64) -> Position {
    Position::new(column.unsigned_abs())
}

/// The envelope of an event that has no place yet.
pub(crate) fn envelope(event: &NewEvent, recorded_at: Timestamp, metadata: Option<&str>) -> Vec<u8> {
    let stream = event.stream.as_ref();
    let texts = [
        event.name.as_str(),
        stream.map_or("", StreamId::stream_type),
        stream.map_or("", StreamId::id),
        if event.content_type.is_json() { "" } else { event.content_type.as_str() },
        event.tags.as_packed(),
        metadata.unwrap_or_default(),
    ];
    let size = 28 + texts.iter().map(|text| 4 + text.len()).sum::<usize>();
    let mut envelope = Vec::with_capacity(size);
    envelope.extend_from_slice(&recorded_at.as_micros().to_be_bytes());
    envelope.extend_from_slice(event.id.as_bytes());
    envelope.extend_from_slice(&event.schema_version.get().to_be_bytes());
    for text in texts {
        // The limits of the contract keep each of them far below the maximum.
        envelope.extend_from_slice(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
    }
    texts.iter().for_each(|text| envelope.extend_from_slice(text.as_bytes()));
    envelope
}

/// The event of a row with an envelope and a payload. The types of the columns are those of the migrations, and not checked
/// again for each row. `of` is the stream of all rows, if they have one.
pub(crate) fn event(row: &PgRow, names: &mut Interner, of: Option<&StreamId>) -> Result<RecordedEvent, Fault> {
    let envelope: &[u8] = row.try_get_unchecked(0)?;
    let payload: &[u8] = row.try_get_unchecked(1)?;
    let at = envelope.first_chunk().map_or(0, |bytes| i64::from_be_bytes(*bytes));
    open(Fields(envelope), payload, names, of)
        .ok_or_else(|| Fault::Damaged(format!("the event at position {at} has a damaged envelope")))
}

fn open(mut fields: Fields<'_>, payload: &[u8], names: &mut Interner, of: Option<&StreamId>) -> Option<RecordedEvent> {
    let (at, version) = (fields.number()?, fields.number()?);
    let recorded_at = Timestamp::from_micros(fields.number()?);
    let id = EventId::from_bytes(fields.array()?);
    let schema_version = SchemaVersion::new(u32::from_be_bytes(fields.array()?))?;
    let mut lengths = [0; 6];
    for length in &mut lengths {
        *length = usize::try_from(u32::from_be_bytes(fields.array()?)).ok()?;
    }
    let [name, stream_type, stream_id, content_type, tags, metadata] = lengths.map(|length| fields.text(length));
    let stream = match (version, of) {
        (0, _) => None,
        (_, Some(stream)) => Some(stream.clone()),
        _ => Some(StreamId::new(names.share(stream_type?), stream_id?)),
    };
    let (content_type, tags, metadata) = (content_type?, tags?, metadata?);
    Some(RecordedEvent {
        position: position(at),
        id,
        stream: stream.map(|stream| StreamVersion { stream, version: version.unsigned_abs() }),
        name: WireName::from(names.share(name?)),
        schema_version,
        tags: if tags.is_empty() { Tags::new() } else { Tags::from_packed(tags.to_owned()) },
        metadata: if metadata.is_empty() { Metadata::new() } else { serde_json::from_str(metadata).ok()? },
        content_type: if content_type.is_empty() { ContentType::JSON } else { ContentType::new(content_type) },
        payload: payload.to_vec(),
        recorded_at,
    })
}

/// What is left of an envelope.
struct Fields<'r>(&'r [u8]);

impl<'r> Fields<'r> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*field)
    }

    fn number(&mut self) -> Option<i64> {
        self.array().map(i64::from_be_bytes)
    }

    fn text(&mut self, length: usize) -> Option<&'r str> {
        let (field, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(field).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A record as the database makes it of an envelope.
    fn at(place: i64, version: i64, envelope: &[u8]) -> Vec<u8> {
        [&place.to_be_bytes()[..], &version.to_be_bytes(), envelope].concat()
    }

    #[test]
    fn an_envelope_gives_the_event_back_and_none_that_is_cut() {
        let mut event = NewEvent::json("shop.Sold", "{}");
        event.stream = Some(StreamId::new("order", "o-1"));
        event.tags.push("customer", "c\u{1f600}");
        event.metadata = Metadata::new().with("tenant", "t-1");
        event.content_type = ContentType::new("application/cbor");
        let time = Timestamp::from_micros(-1);
        let metadata = serde_json::to_string(&event.metadata).unwrap();

        let whole = at(7, 3, &envelope(&event, time, Some(&metadata)));
        let names = &mut Interner::new();
        let read = open(Fields(&whole), b"{}", names, None).unwrap();
        assert_eq!(read, event.into_recorded(Position::new(7), Some(3), time));
        for length in 0..whole.len() {
            assert!(open(Fields(&whole[..length]), b"{}", names, None).is_none(), "{length} bytes");
        }
    }
}
