//! An event as a message.

use std::fmt;
use std::str::FromStr;

use async_nats::{HeaderMap, HeaderValue, Message};
use eskit_runtime::log::{
    ContentType, EventId, LogId, NewEvent, Part, Position, SchemaVersion, StreamId, StreamVersion, Tags,
};
use eskit_runtime::{Metadata, RecordedEvent, Timestamp};
use serde::{Deserialize, Serialize};

const ID: &str = "Nats-Msg-Id";
const TYPE: &str = "Eskit-Type";
const VERSION: &str = "Eskit-Version";
const CONTENT_TYPE: &str = "Content-Type";
const LOG: &str = "Eskit-Log";
const POSITION: &str = "Eskit-Position";
const STREAM: &str = "Eskit-Stream";
const TAGS: &str = "Eskit-Tags";
const RECORDED_AT: &str = "Eskit-Recorded-At";
const METADATA: &str = "Eskit-Metadata";

/// The stream of an event: JSON, since its id may be any text.
#[derive(Serialize, Deserialize)]
struct Stream {
    r#type: String,
    id: String,
    version: u64,
}

/// The headers of an event of a log.
///
/// # Errors
/// A value that cannot be in a header, in words.
pub(super) fn headers(event: &RecordedEvent, log: LogId) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    let mut put = |name: &str, text: String| -> Result<(), String> {
        let value = HeaderValue::from_str(&text).map_err(|_| format!("the header `{name}` cannot be {text:?}"))?;
        headers.insert(name, value);
        Ok(())
    };
    let json = |name: &str, text: serde_json::Result<String>| {
        text.map_err(|error| format!("the header `{name}` is no JSON: {error}"))
    };
    put(ID, event.id.to_string())?;
    put(TYPE, event.name.to_string())?;
    put(VERSION, event.schema_version.get().to_string())?;
    put(CONTENT_TYPE, event.content_type.as_str().to_owned())?;
    put(LOG, log.to_string())?;
    put(POSITION, event.position.to_string())?;
    put(RECORDED_AT, event.recorded_at.to_string())?;
    if let Some(StreamVersion { stream, version }) = &event.stream {
        let stream = Stream { r#type: stream.stream_type().to_owned(), id: stream.id().to_owned(), version: *version };
        put(STREAM, json(STREAM, serde_json::to_string(&stream))?)?;
    }
    if !event.tags.is_empty() {
        let tags: Vec<&str> = event.tags.iter().map(|tag| tag.as_str()).collect();
        put(TAGS, json(TAGS, serde_json::to_string(&tags))?)?;
    }
    if !event.metadata.is_empty() {
        put(METADATA, json(METADATA, serde_json::to_string(&event.metadata))?)?;
    }
    Ok(headers)
}

/// The event of a message that a publisher has published, to be decoded by [`RecordedEvent::decode`]. It stands alone: which other events were
/// appended with it is not known. With the feature `jetstream` of async-nats, pass `&message.message`.
///
/// # Errors
/// A header is missing or cannot be read.
pub fn received(message: &Message) -> Result<RecordedEvent, NotAnEvent> {
    event_of(message.headers.as_ref().unwrap_or(&HeaderMap::new()), message.payload.to_vec())
}

fn event_of(headers: &HeaderMap, payload: Vec<u8>) -> Result<RecordedEvent, NotAnEvent> {
    let header = |name: &'static str| headers.get(name).map(|value| value.as_str());
    let needed = |name: &'static str| header(name).ok_or_else(|| NotAnEvent(format!("the header `{name}` is missing")));
    let version = parse(VERSION, needed(VERSION)?).map(SchemaVersion::new)?;
    let version = version.ok_or_else(|| NotAnEvent(format!("the header `{VERSION}` is 0")))?;
    let position: Position = parse(POSITION, needed(POSITION)?)?;
    let recorded_at: Timestamp = parse(RECORDED_AT, needed(RECORDED_AT)?)?;
    let stream: Option<Stream> = header(STREAM).map(|text| from_json(STREAM, text)).transpose()?;
    let texts: Option<Vec<String>> = header(TAGS).map(|text| from_json(TAGS, text)).transpose()?;
    let metadata: Option<Metadata> = header(METADATA).map(|text| from_json(METADATA, text)).transpose()?;
    let mut tags = Tags::new();
    for text in texts.unwrap_or_default() {
        let (key, value) = text.split_once(':').ok_or_else(|| NotAnEvent(format!("`{text}` is no tag")))?;
        tags.push(key, value);
    }
    let event = NewEvent::json(needed(TYPE)?, payload)
        .with_id(parse::<EventId>(ID, needed(ID)?)?)
        .with_stream(stream.as_ref().map(|stream| StreamId::new(stream.r#type.as_str(), stream.id.as_str())))
        .with_schema_version(version)
        .with_tags(tags)
        .with_metadata(metadata.unwrap_or_default())
        .with_content_type(ContentType::new(needed(CONTENT_TYPE)?));
    Ok(event.into_recorded(position, stream.map(|stream| stream.version), Part::WHOLE, recorded_at))
}

fn parse<T: FromStr<Err: fmt::Display>>(name: &str, text: &str) -> Result<T, NotAnEvent> {
    text.parse().map_err(|error| NotAnEvent(format!("the header `{name}` cannot be read: {error}")))
}

fn from_json<T: serde::de::DeserializeOwned>(name: &str, text: &str) -> Result<T, NotAnEvent> {
    serde_json::from_str(text).map_err(|error| NotAnEvent(format!("the header `{name}` cannot be read: {error}")))
}

/// A message that no publisher of eskit has published.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotAnEvent(String);

impl fmt::Display for NotAnEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the message is no event: {}", self.0)
    }
}

impl std::error::Error for NotAnEvent {}

#[cfg(test)]
mod tests {
    use super::*;
    use eskit_runtime::log::{Principal, PrincipalKind};

    fn event() -> RecordedEvent {
        let mut tags = Tags::new();
        tags.push("order", "17:a");
        tags.push("note", "a\nb");
        let event = NewEvent::json("shop.OrderPaid", "{}")
            .with_stream(StreamId::new("order", "1\r\n7"))
            .with_tags(tags)
            .with_metadata(Metadata::new().with_initiator(Principal::new(PrincipalKind::User, "ada\n")).with("k", "ü"));
        event.into_recorded(Position::new(7), Some(3), Part::WHOLE, Timestamp::from_micros(1))
    }

    #[test]
    fn what_is_published_is_received() {
        let log = LogId::new();
        let event = event();
        let sent = headers(&event, log).unwrap();
        assert_eq!(event_of(&sent, b"{}".to_vec()).unwrap(), event);
        assert_eq!(sent.get(LOG).map(|log| log.as_str().to_owned()), Some(log.to_string()));
        let plain = NewEvent::json("a.B", "1").into_recorded(Position::new(1), None, Part::WHOLE, Timestamp::now());
        assert_eq!(event_of(&headers(&plain, log).unwrap(), b"1".to_vec()).unwrap(), plain);
    }

    #[test]
    fn what_is_missing_or_damaged_is_named() {
        let whole = headers(&event(), LogId::new()).unwrap();
        for name in [ID, TYPE, VERSION, CONTENT_TYPE, POSITION, RECORDED_AT] {
            let mut damaged = HeaderMap::new();
            for (key, values) in whole.iter().filter(|(key, _)| key.as_ref() as &str != name) {
                damaged.insert(key.clone(), values[0].clone());
            }
            let error = event_of(&damaged, Vec::new()).unwrap_err().to_string();
            assert_eq!(error, format!("the message is no event: the header `{name}` is missing"));
        }
        for name in [ID, VERSION, POSITION, RECORDED_AT, STREAM, TAGS, METADATA] {
            let mut damaged = whole.clone();
            damaged.insert(name, "?");
            let error = event_of(&damaged, Vec::new()).unwrap_err().to_string();
            assert!(error.contains(&format!("the header `{name}` cannot be read")), "{error}");
        }
        let mut odd = event();
        odd.name = "a\nb".into();
        assert!(headers(&odd, LogId::new()).unwrap_err().starts_with("the header `Eskit-Type` cannot be"));
    }
}
