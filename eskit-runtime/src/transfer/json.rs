use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::log::content_type::ContentType;
use crate::log::id::EventId;
use crate::log::lifecycle::StreamStatus;
use crate::log::metadata::Metadata;
use crate::log::name::SchemaVersion;
use crate::log::position::Position;
use crate::log::recorded::{Part, PersonalData, RecordedEvent};
use crate::log::stream::{StreamId, StreamVersion};
use crate::log::tag::Tags;
use crate::log::time::Timestamp;
use crate::transfer::error::DecodeRecordError;
use crate::transfer::record::{DeletedEvent, Entry, LogRecord, RecordedAppend, StreamRecord};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RecordLine<'l> {
    #[serde(borrow)]
    Append(AppendLine<'l>),
    Stream(StreamLine<'l>),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AppendLine<'l> {
    position: Position,
    #[serde(borrow)]
    events: Vec<EntryLine<'l>>,
}

/// An event, or what is left of one: then only the first three fields are there.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryLine<'l> {
    id: EventId,
    recorded_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deleted: Option<DeletedLine>,
    #[serde(default, rename = "type", borrow, skip_serializing_if = "Option::is_none")]
    name: Option<Cow<'l, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    schema_version: Option<u32>,
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    stream: Option<PlaceLine<'l>>,
    #[serde(default, borrow, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Cow<'l, str>>,
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    metadata: Metadata,
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    content_type: Option<Cow<'l, str>>,
    #[serde(default, borrow, deserialize_with = "some", skip_serializing_if = "Option::is_none")]
    payload: Option<&'l RawValue>,
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    payload_text: Option<Cow<'l, str>>,
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    payload_hex: Option<Cow<'l, str>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeletedLine {
    version: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaceLine<'l> {
    #[serde(rename = "type", borrow)]
    stream_type: Cow<'l, str>,
    #[serde(borrow)]
    id: Cow<'l, str>,
    version: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StreamLine<'l> {
    #[serde(rename = "type", borrow)]
    stream_type: Cow<'l, str>,
    #[serde(borrow)]
    id: Cow<'l, str>,
    version: u64,
    #[serde(borrow)]
    status: Cow<'l, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<Timestamp>,
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    reason: Option<Cow<'l, str>>,
}

impl LogRecord {
    /// This record as one line of JSON, without the line break at its end.
    ///
    /// ```json
    /// {"append":{"position":7,"events":[
    ///   {"id":"0195f3a6-5c1e-7d2b-9a43-2f6d8e0b1c57","recorded_at":"2026-11-21T18:30:00.000000Z","type":"shop.Sold",
    ///    "schema_version":1,"stream":{"type":"order","id":"o-1","version":1},"tags":["customer:c-1"],
    ///    "metadata":{"correlation_id":"request-17"},"payload":{"cents":700}},
    ///   {"id":"0195f3a6-5c1e-7d2b-9a43-2f6d8e0b1c58","recorded_at":"2026-11-21T18:30:00.000000Z","deleted":{"version":2}}]}}
    /// {"stream":{"type":"order","id":"o-2","version":2,"status":"deleted","at":"2026-11-22T09:00:00.000000Z","reason":"asked for"}}
    /// ```
    ///
    /// The events of an append have consecutive positions. `stream`, `tags` and `metadata` are left out if an event has none, and
    /// `content_type` if it is `application/json`. A payload of that type stands there as it is, byte for byte; one that is not JSON
    /// or has line breaks is written as `payload_text`, and one that is not UTF-8 as `payload_hex`. A stream is `open`, `archived`,
    /// `tombstoned` or `deleted`. A reader refuses fields that it does not know, so that nothing is lost.
    pub fn to_json(&self) -> String {
        let line = match self {
            LogRecord::Append(append) => {
                let events = append.entries().iter().map(EntryLine::of).collect();
                RecordLine::Append(AppendLine { position: append.first(), events })
            }
            LogRecord::Stream(record) => RecordLine::Stream(StreamLine::of(record)),
        };
        // Nothing in it can fail: keys are texts, and writing to a text does not fail.
        serde_json::to_string(&line).unwrap_or_default()
    }

    /// Reads what [`LogRecord::to_json`] wrote. Never panics.
    ///
    /// # Errors
    /// The line is not the JSON of a record, or what it says cannot be.
    pub fn from_json(line: &str) -> Result<LogRecord, DecodeRecordError> {
        let line = serde_json::from_str(line).map_err(|error| DecodeRecordError::Json { text: error.to_string() })?;
        match line {
            RecordLine::Append(AppendLine { position, events }) => {
                let count = events.len();
                // Where there are too many, the append says so.
                let parts = (0..count).map(|index| Part::new(index, count).unwrap_or(Part::WHOLE));
                let positions = (0..count as u64).map(|offset| Position::new(position.get().saturating_add(offset)));
                let entries = events.into_iter().zip(positions).zip(parts);
                let entries = entries.map(|((entry, position), part)| entry.into_entry(position, part));
                Ok(LogRecord::Append(RecordedAppend::new(entries.collect::<Result<_, _>>()?)?))
            }
            RecordLine::Stream(stream) => stream.into_record().map(LogRecord::Stream),
        }
    }
}

impl<'l> EntryLine<'l> {
    fn of(entry: &'l Entry) -> EntryLine<'l> {
        let empty = EntryLine {
            id: entry.id(),
            recorded_at: entry.recorded_at(),
            deleted: None,
            name: None,
            schema_version: None,
            stream: None,
            tags: Vec::new(),
            metadata: Metadata::new(),
            content_type: None,
            payload: None,
            payload_text: None,
            payload_hex: None,
        };
        let event = match entry {
            Entry::Event(event) => event,
            Entry::Deleted(event) => {
                return EntryLine { deleted: Some(DeletedLine { version: event.version }), ..empty };
            }
        };
        let text = std::str::from_utf8(&event.payload).ok();
        let raw = text.filter(|_| event.content_type.is_json()).and_then(raw);
        EntryLine {
            name: Some(event.name.as_str().into()),
            schema_version: Some(event.schema_version.get()),
            stream: event.stream.as_ref().map(|StreamVersion { stream, version }| PlaceLine {
                stream_type: stream.stream_type().into(),
                id: stream.id().into(),
                version: *version,
            }),
            tags: event.tags.iter().map(|tag| tag.as_str().into()).collect(),
            metadata: event.metadata.clone(),
            content_type: (!event.content_type.is_json()).then(|| event.content_type.as_str().into()),
            payload: raw,
            payload_text: text.filter(|_| raw.is_none()).map(Cow::from),
            payload_hex: text.is_none().then(|| hex(&event.payload).into()),
            ..empty
        }
    }

    fn into_entry(self, position: Position, part: Part) -> Result<Entry, DecodeRecordError> {
        let EntryLine { id, recorded_at, .. } = self;
        if let Some(DeletedLine { version }) = self.deleted {
            if self.name.is_some() || self.stream.is_some() || self.payload.is_some() || !self.tags.is_empty() {
                return Err(DecodeRecordError::Damaged { what: "a deleted event has more than id, time and version" });
            }
            return Ok(Entry::Deleted(DeletedEvent::new(position, id, version, recorded_at)));
        }
        let name = self.name.ok_or(DecodeRecordError::Damaged { what: "an event has no `type`" })?;
        let schema_version = SchemaVersion::new(self.schema_version.unwrap_or(1))
            .ok_or(DecodeRecordError::Damaged { what: "an event has the schema version 0" })?;
        if self.stream.as_ref().is_some_and(|at| at.version == 0) {
            return Err(DecodeRecordError::Damaged { what: "an event has the version 0 in its stream" });
        }
        let payload = match (self.payload, self.payload_text, self.payload_hex) {
            (Some(raw), None, None) => raw.get().as_bytes().to_vec(),
            (None, Some(text), None) => text.into_owned().into_bytes(),
            (None, None, Some(hex)) => {
                unhex(&hex).ok_or(DecodeRecordError::Damaged { what: "a `payload_hex` is not hexadecimal" })?
            }
            _ => return Err(DecodeRecordError::Damaged { what: "an event must have one payload" }),
        };
        Ok(Entry::Event(RecordedEvent {
            position,
            part,
            id,
            stream: self.stream.map(|at| StreamVersion {
                stream: StreamId::new(at.stream_type.as_ref(), at.id.as_ref()),
                version: at.version,
            }),
            name: name.as_ref().into(),
            schema_version,
            tags: packed(&self.tags)?,
            metadata: self.metadata,
            content_type: self.content_type.map_or(ContentType::JSON, |media_type| ContentType::new(&media_type)),
            payload,
            recorded_at,
            personal: PersonalData::AsStored,
        }))
    }
}

impl<'l> StreamLine<'l> {
    fn of(record: &'l StreamRecord) -> StreamLine<'l> {
        let (status, at) = match &record.status {
            StreamStatus::Open => ("open", None),
            StreamStatus::Archived { at } => ("archived", Some(*at)),
            StreamStatus::Tombstoned { at, .. } => ("tombstoned", Some(*at)),
            StreamStatus::Deleted { at, .. } => ("deleted", Some(*at)),
        };
        StreamLine {
            stream_type: record.stream.stream_type().into(),
            id: record.stream.id().into(),
            version: record.version,
            status: status.into(),
            at,
            reason: record.status.reason().map(Cow::from),
        }
    }

    fn into_record(self) -> Result<StreamRecord, DecodeRecordError> {
        let damaged =
            DecodeRecordError::Damaged { what: "a stream has an unknown status, or parts that do not go with it" };
        let status = match (self.status.as_ref(), self.at, self.reason) {
            ("open", None, None) => StreamStatus::Open,
            ("archived", Some(at), None) => StreamStatus::Archived { at },
            ("tombstoned", Some(at), Some(reason)) => StreamStatus::Tombstoned { at, reason: reason.into_owned() },
            ("deleted", Some(at), Some(reason)) => StreamStatus::Deleted { at, reason: reason.into_owned() },
            _ => return Err(damaged),
        };
        let stream = StreamId::new(self.stream_type.as_ref(), self.id.as_ref());
        Ok(StreamRecord::new(stream, self.version, status))
    }
}

/// A payload that is there, also one that is `null`.
fn some<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// A payload that can stand in a line as it is.
fn raw(text: &str) -> Option<&RawValue> {
    let raw: &RawValue = serde_json::from_str(text).ok()?;
    (raw.get().len() == text.len() && !text.contains(['\n', '\r'])).then_some(raw)
}

fn packed(tags: &[Cow<'_, str>]) -> Result<Tags, DecodeRecordError> {
    if tags.iter().any(|tag| tag.is_empty() || tag.contains('\0')) {
        return Err(DecodeRecordError::Damaged { what: "a tag is empty or holds a NUL character" });
    }
    Ok(Tags::from_packed(tags.join("\0")))
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}
