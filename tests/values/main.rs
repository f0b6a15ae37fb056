//! What goes into an event comes out equal, or is refused before the append.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail their test")]

mod equal;
mod personal;
mod refused;
mod upcast;

use std::fmt::Debug;

use eskit::Timestamp;
use eskit::codec::EncodeError;
use eskit::log::{NewEvent, Part, Position};
use eskit::prelude::*;

/// An event as it is appended.
fn encode<E: Event>(event: E) -> Result<NewEvent, EncodeError> {
    NewEvent::encode(&event).map(|mut events| events.remove(0))
}

/// An event as a store gives it back.
fn recorded(event: NewEvent) -> RecordedEvent {
    event.into_recorded(Position::new(1), None, Part::WHOLE, Timestamp::from_micros(0))
}

/// Writes an event and reads it, which yields the same.
#[track_caller]
fn same<E: Event + PartialEq + Debug + Clone>(event: E) {
    let encoded = recorded(encode(event.clone()).unwrap());
    assert_eq!(encoded.decode::<E>().unwrap(), event, "{}", String::from_utf8_lossy(&encoded.payload));
}
