use std::collections::BTreeMap;

use eskit::Timestamp;
use eskit::log::{ContentType, NewEvent, Part, Position, RecordedEvent};
use eskit::prelude::*;
use serde_json::Value;

/// Many of the shapes that serde knows.
#[derive(Event, Serialize, Deserialize, Clone, PartialEq, Debug)]
#[event(name = "fuzz.Mixed", codec = "cbor")]
struct Mixed {
    text: Option<String>,
    numbers: Vec<i128>,
    float: f64,
    kinds: BTreeMap<u32, Kind>,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Unit,
    Newtype(char),
    Tuple(u8, bool),
    Named { inner: Option<Box<Kind>> },
}

/// As Protobuf.
#[derive(Event, Serialize, Deserialize, Clone, PartialEq, prost::Message)]
#[event(name = "fuzz.Message", codec = "protobuf")]
struct Message {
    #[prost(string, tag = "1")]
    text: String,
    #[prost(sint64, repeated, tag = "2")]
    numbers: Vec<i64>,
    #[prost(message, optional, boxed, tag = "3")]
    inner: Option<Box<Message>>,
}

fn stored(name: &str, content_type: ContentType, payload: &[u8]) -> RecordedEvent {
    let event = NewEvent::json(name.to_owned(), payload).with_content_type(content_type);
    event.into_recorded(Position::new(1), None, Part::WHOLE, Timestamp::from_micros(0))
}

/// CBOR says the same as the JSON that it is converted to: to the tools, and to a type that reads both.
pub(crate) fn cbor(bytes: &[u8]) {
    let event = stored("fuzz.Mixed", ContentType::CBOR, bytes);
    let read = event.decode::<Mixed>();
    let mut converted = event;
    if converted.recode(&ContentType::JSON).is_err() {
        assert!(read.is_err(), "a type reads what cannot be converted: {read:?}");
        return;
    }
    let from_json = converted.decode::<Mixed>();
    match (&read, &from_json) {
        (Ok(cbor), Ok(json)) => assert_eq!(format!("{cbor:?}"), format!("{json:?}")),
        (Err(_), Err(_)) => {}
        _ => panic!("read from CBOR as {read:?}, from JSON as {from_json:?}"),
    }
    round_trip(converted);
}

/// JSON becomes CBOR and the same JSON again.
pub(crate) fn json(bytes: &[u8]) {
    if serde_json::from_slice::<Value>(bytes).is_ok() {
        round_trip(stored("fuzz.Mixed", ContentType::JSON, bytes));
    }
}

/// `event` has JSON, whose spelling may change: white space, escapes, and numbers such as `1.0e0`. What it says does not.
fn round_trip(mut event: RecordedEvent) {
    let written = serde_json::from_slice::<Value>(&event.payload).ok();
    let mut again = || {
        event.recode(&ContentType::CBOR).ok()?;
        let Ok(()) = event.recode(&ContentType::JSON) else { panic!("what became CBOR does not become JSON again") };
        Some(event.payload.clone())
    };
    let Some(once) = again() else { return };
    let text = String::from_utf8_lossy(&once);
    assert_eq!(serde_json::from_slice::<Value>(&once).ok(), written, "{text}");
    assert_eq!(again().as_ref(), Some(&once), "{text}");
}

/// What a type reads from Protobuf, it writes as something that it reads as the same.
pub(crate) fn protobuf(bytes: &[u8]) {
    let event = stored("fuzz.Message", ContentType::PROTOBUF, bytes);
    let Ok(message) = event.decode::<Message>() else { return };
    let Ok(encoded) = NewEvent::encode(&message) else { panic!("it was read and cannot be written: {message:?}") };
    for encoded in encoded {
        let again = stored("fuzz.Message", ContentType::PROTOBUF, &encoded.payload).decode::<Message>();
        assert_eq!(again.ok().as_ref(), Some(&message));
    }
}
