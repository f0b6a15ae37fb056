//! How events and streams are printed. The JSON forms are part of the interface: `docs/operating.md` lists their fields.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use eskit::log::{ListedStream, Principal, StreamStatus};
use eskit::{Metadata, RecordedEvent};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{json_text, wire};

/// An event as JSON.
#[derive(Serialize)]
pub(crate) struct EventJson<'e> {
    position: u64,
    id: String,
    name: &'e str,
    version: u32,
    stream: Option<StreamJson<'e>>,
    part: PartJson,
    recorded_at: String,
    tags: Vec<&'e str>,
    metadata: MetadataJson<'e>,
    content_type: &'e str,
    #[serde(flatten)]
    payload: Payload<'e>,
}

#[derive(Serialize)]
struct StreamJson<'e> {
    #[serde(rename = "type")]
    stream_type: &'e str,
    id: &'e str,
    version: u64,
}

#[derive(Serialize)]
struct PartJson {
    index: usize,
    count: usize,
}

#[derive(Serialize)]
pub(crate) struct MetadataJson<'e> {
    correlation_id: Option<&'e str>,
    causation_id: Option<&'e str>,
    initiator: Option<&'e Principal>,
    originator: Option<&'e Principal>,
    extras: &'e BTreeMap<String, String>,
}

#[derive(Serialize)]
enum Payload<'e> {
    #[serde(rename = "payload")]
    Json(Box<RawValue>),
    #[serde(rename = "payload_base64")]
    Bytes(Base64<'e>),
}

struct Base64<'e>(&'e [u8]);

impl Serialize for Base64<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(self.0))
    }
}

/// An event as one JSON object.
pub(crate) fn event(event: &RecordedEvent) -> EventJson<'_> {
    let stream = event.stream.as_ref().map(|at| StreamJson {
        stream_type: at.stream.stream_type(),
        id: at.stream.id(),
        version: at.version,
    });
    EventJson {
        position: event.position.get(),
        id: event.id.to_string(),
        name: &event.name,
        version: event.schema_version.get(),
        stream,
        part: PartJson { index: event.part.index(), count: event.part.count() },
        recorded_at: event.recorded_at.to_string(),
        tags: event.tags.iter().map(|tag| tag.as_str()).collect(),
        metadata: metadata(&event.metadata),
        content_type: event.content_type.as_str(),
        payload: json_of(event).map_or(Payload::Bytes(Base64(&event.payload)), Payload::Json),
    }
}

/// Metadata as one JSON object.
pub(crate) fn metadata(metadata: &Metadata) -> MetadataJson<'_> {
    MetadataJson {
        correlation_id: metadata.correlation_id(),
        causation_id: metadata.causation_id(),
        initiator: metadata.initiator(),
        originator: metadata.originator(),
        extras: metadata.extras(),
    }
}

/// Metadata for people: names and values.
pub(crate) fn metadata_pairs(metadata: &Metadata) -> Vec<(String, String)> {
    let ids = [("correlation", metadata.correlation_id()), ("causation", metadata.causation_id())];
    let ids = ids.into_iter().filter_map(|(name, id)| Some((name.to_owned(), id?.to_owned())));
    let principals = [("initiator", metadata.initiator()), ("originator", metadata.originator())];
    let principals = principals.into_iter().filter_map(|(name, principal)| Some((name.to_owned(), principal?)));
    let principals = principals.map(|(name, principal)| (name, format!("{} {}", principal.kind.name(), principal.id)));
    let extras = metadata.extras().iter().map(|(key, value)| (format!("extra {key}"), value.clone()));
    ids.chain(principals).chain(extras).collect()
}

/// The payload in one line, with every digit of its numbers; `None` if it is not data of JSON, in whatever format.
fn json_of(event: &RecordedEvent) -> Option<Box<RawValue>> {
    let text = event.payload_as_json().ok()?;
    serde_json::from_str::<&RawValue>(&text).ok()?;
    RawValue::from_string(json_text::compact(&text)).ok()
}

/// The payload for people: JSON over several lines, in which `***` stands for each sealed value, the fields of Protobuf, other texts as
/// they are, and anything else as its size.
pub(crate) fn payload_text(event: &RecordedEvent) -> String {
    if let Ok(Some(sealed)) = event.sealed_payload() {
        let hidden = vec!["\"***\""; sealed.values().len()];
        return json_text::pretty(&json_text::compact(&sealed.with(&hidden)));
    }
    if let Some(json) = json_of(event) {
        return json_text::pretty(json.get());
    }
    if event.content_type.is_protobuf()
        && let Some(text) = wire::text(&event.payload)
    {
        return text;
    }
    let is_shown = |letter: char| !letter.is_control() || letter == '\n';
    match std::str::from_utf8(&event.payload) {
        Ok(text) if text.chars().all(is_shown) => text.to_owned(),
        _ => format!("{} bytes of {}; `--raw` writes them", event.payload.len(), event.content_type),
    }
}

/// A stream as JSON.
#[derive(Serialize)]
pub(crate) struct ListedJson<'s> {
    #[serde(rename = "type")]
    stream_type: &'s str,
    id: &'s str,
    version: u64,
    status: &'static str,
    since: Option<String>,
    reason: Option<&'s str>,
}

/// A stream as one JSON object.
pub(crate) fn stream(listed: &ListedStream) -> ListedJson<'_> {
    let (status, since, reason) = status(&listed.info.status);
    ListedJson {
        stream_type: listed.stream.stream_type(),
        id: listed.stream.id(),
        version: listed.info.version,
        status,
        since,
        reason,
    }
}

/// A status as one word, since when, and why.
pub(crate) fn status(status: &StreamStatus) -> (&'static str, Option<String>, Option<&str>) {
    match status {
        StreamStatus::Open => ("open", None, None),
        StreamStatus::Archived { at } => ("archived", Some(at.to_string()), None),
        StreamStatus::Tombstoned { at, reason } => ("tombstoned", Some(at.to_string()), Some(reason)),
        StreamStatus::Deleted { at, reason } => ("deleted", Some(at.to_string()), Some(reason)),
        _ => ("unknown", None, None),
    }
}
