use std::convert::Infallible;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use eskit::layer::Sealing;
use eskit::log::{
    Append, ContentType, JsonPointer, NewEvent, Part, PersonalData, PersonalValue, Position, Query, ReadOptions,
    Subject,
};
use eskit::vault::{LocalMasterKey, MemoryKeyStore, Vault};
use eskit::{EventStore, MemoryStore, RecordedEvent, Timestamp};
use serde_json::Value;

/// What stands in the place of a sealed value.
const SEALED: &str = "c2VhbGVk";

/// Payloads as a log may hold them, JSON or CBOR by the first byte, read through a vault that knows no key of theirs: none becomes readable, and
/// each reads as forgotten or is damaged.
pub(crate) fn sealed(bytes: &[u8]) {
    let Some((first, payload)) = bytes.split_first() else { return };
    let media_type = if first.is_ascii_lowercase() { "application/json;sealed=1" } else { "application/cbor;sealed=1" };
    let new = NewEvent::json("fuzz.Sealed", payload).with_content_type(ContentType::new(media_type));
    let event = recorded(new.clone());
    let found = event.sealed_payload();
    if let Ok(Some(forgotten)) = event.forgotten() {
        assert!(!forgotten.content_type.is_sealed());
        let count = found.as_ref().ok().and_then(Option::as_ref).map(|found| found.values().len());
        assert!(count.is_some(), "it reads as forgotten, and has no values");
    }
    let vault = Vault::new(MemoryKeyStore::new(), LocalMasterKey::from_bytes("m", [7; 32]));
    let store = Sealing::new(MemoryStore::new(), vault);
    if now(store.append(Append::new(vec![new]))).is_err() {
        return;
    }
    let Ok(page) = now(store.read(&Query::all(), ReadOptions::default())) else { panic!("a page cannot be read") };
    for event in page.events {
        let has_values = matches!(&found, Ok(Some(found)) if !found.values().is_empty());
        match event.personal {
            PersonalData::Unopened(_) => assert!(event.content_type.is_sealed()),
            _ => assert!(!has_values, "a value was opened without a key: {event:?}"),
        }
    }
}

/// Paths of values, one a line, and after a NUL the payload that has them: what is sealed is opened as it was, and reads as forgotten.
pub(crate) fn seal(bytes: &[u8]) {
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    let (Some(Ok(paths)), Some(Ok(payload))) =
        (parts.next().map(std::str::from_utf8), parts.next().map(std::str::from_utf8))
    else {
        return;
    };
    let Ok(before) = serde_json::from_str::<Value>(payload) else { return };
    let value = |path: &str| {
        let path = path.split('/').skip(1).fold(JsonPointer::ROOT, |path, part| match part.parse() {
            Ok(index) => path.element(index),
            Err(_) => path.member(&part.replace("~1", "/").replace("~0", "~")),
        });
        PersonalValue::new(path, Subject::new("student", "ada"), "[gone]".into())
    };
    let personal: Vec<PersonalValue> = paths.lines().map(value).collect();
    for is_cbor in [false, true] {
        let mut event = NewEvent::json("fuzz.Sealed", payload);
        if is_cbor && event.recode(&ContentType::CBOR).is_err() {
            continue;
        }
        event.personal.clone_from(&personal);
        let (mut seen, stored) = (Vec::new(), event.payload.clone());
        let done = event.seal(|_, json| {
            seen.push(json.to_owned());
            Ok::<_, Infallible>(SEALED.to_owned())
        });
        if done.is_err() || personal.is_empty() {
            assert_eq!(event.payload, stored, "what is refused is left as it was");
            continue;
        }
        let mut event = recorded(event);
        let Ok(Some(found)) = event.sealed_payload() else { panic!("what was sealed is not found: {event:?}") };
        assert_eq!(found.values().len(), seen.len());
        assert!(
            found.values().iter().all(|value| value.sealed == SEALED && value.forgotten == "\"[gone]\""),
            "{found:?}"
        );
        let Ok(Some(forgotten)) = event.forgotten() else { panic!("it does not read as forgotten: {event:?}") };
        assert!(!forgotten.content_type.is_sealed());
        let Ok(()) = event.set_opened(found.with(&seen)) else { panic!("what was sealed is not opened: {event:?}") };
        if !is_cbor {
            assert_eq!(event.payload, payload.as_bytes());
        }
        let read = event.payload_as_json().ok().and_then(|json| serde_json::from_str::<Value>(&json).ok());
        assert_eq!(read, Some(before.clone()), "{payload}");
    }
}

fn recorded(event: NewEvent) -> RecordedEvent {
    event.into_recorded(Position::new(1), None, Part::WHOLE, Timestamp::from_micros(0))
}

/// What a future gives that waits for nothing.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("a store in memory waits for something"),
    }
}
