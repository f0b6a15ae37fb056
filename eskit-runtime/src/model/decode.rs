//! The one place where payloads are decoded.
//!
//! What is generic here is compiled once for every event of a program, so it only calls what is not, and has no closure
//! or `?` of its own.

use crate::codec::decode_error::{DecodeError, DecodeReason};
use crate::codec::error::CodecError;
use crate::codec::format::json_text;
use crate::codec::json::{StandIns, Written};
use crate::log::name::SchemaVersion;
use crate::log::recorded::RecordedEvent;
use crate::model::bounds::JsonStep;
use crate::model::event::{EventType, SingleEvent};

/// What the program knows of an event type.
pub const fn event_type<E: SingleEvent>() -> &'static EventType {
    E::TYPE
}

/// Decodes an event whose wire name is that of `E`.
#[inline]
pub fn decode_single<E: SingleEvent>(event: &RecordedEvent) -> Result<E, DecodeError> {
    match current_text(event, E::VERSION) {
        Ok(Some(text)) => match E::from_json(text) {
            Ok(decoded) => Ok(decoded),
            Err(error) => Err(malformed(event, error)),
        },
        Ok(None) => E::upcast(event),
        Err(error) => Err(error),
    }
}

/// The payload of an event of the version `newest`; nothing for an older one.
#[inline]
fn current_text(event: &RecordedEvent, newest: u32) -> Result<Option<&str>, DecodeError> {
    match event.schema_version.get() {
        version if version == newest => text(event).map(Some),
        version if version > newest => Err(newer(event, newest)),
        _ => Ok(None),
    }
}

fn text(event: &RecordedEvent) -> Result<&str, DecodeError> {
    json_text(&event.content_type, &event.payload).map_err(|reason| event.undecodable(reason))
}

#[cold]
fn malformed(event: &RecordedEvent, error: serde_json::Error) -> DecodeError {
    event.undecodable(DecodeReason::Malformed(CodecError::new(error)))
}

/// The answer to a version that this program does not know.
#[cold]
pub fn newer(event: &RecordedEvent, newest: u32) -> DecodeError {
    let newest = SchemaVersion::new(newest).unwrap_or(SchemaVersion::FIRST);
    event.undecodable(DecodeReason::NewerVersion { newest })
}

/// A decoded event as a variant of an enum. One call for each variant is less to check and to compile than a `match`.
#[inline]
pub fn variant<E, T>(decoded: Result<E, DecodeError>, make: fn(E) -> T) -> Result<T, DecodeError> {
    match decoded {
        Ok(event) => Ok(make(event)),
        Err(error) => Err(error),
    }
}

/// Reads a payload that is not recorded yet, and writes what was read.
pub fn write_again<E: SingleEvent>(payload: &str, again: &mut Written) -> serde_json::Result<()> {
    match E::from_json(payload) {
        Ok(event) => event.as_json().to_json(again),
        Err(error) => Err(error),
    }
}

/// Decodes an old version through JSON steps; `steps[i]` leads from version `i + 1` to `i + 2`.
pub fn upcast_json<E: SingleEvent>(event: &RecordedEvent, steps: &[&dyn JsonStep]) -> Result<E, DecodeError> {
    let text = run_steps(event, steps)?;
    E::from_json(&text).map_err(|error| malformed(event, error))
}

fn run_steps(event: &RecordedEvent, steps: &[&dyn JsonStep]) -> Result<String, DecodeError> {
    let (mut value, stand_ins) = StandIns::parse(text(event)?).map_err(|error| malformed(event, error))?;
    let mut version = event.schema_version;
    for step in steps.iter().skip(version.get() as usize - 1) {
        value = step.run(value).map_err(|source| event.undecodable(DecodeReason::Upcast { from: version, source }))?;
        version = SchemaVersion::new(version.get() + 1).unwrap_or(version);
    }
    stand_ins.write(&value).map_err(|error| malformed(event, error))
}

/// The answer of an enum that has no variant of this name.
#[cold]
pub fn unknown_name<E>(event: &RecordedEvent) -> DecodeError {
    event.unknown_to::<E>()
}
