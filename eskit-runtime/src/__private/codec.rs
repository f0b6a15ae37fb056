//! The one place where payloads are decoded.

use super::bounds::JsonStep;
use crate::event::{EventType, SingleEvent};
use crate::name::SchemaVersion;
use crate::payload::{DecodeError, DecodeReason};
use crate::recorded::RecordedEvent;

/// What the program knows of an event type.
pub const fn event_type<E: SingleEvent>() -> &'static EventType {
    E::TYPE
}

/// Decodes an event whose wire name is that of `E`.
#[inline]
pub fn decode_single<E: SingleEvent>(event: &RecordedEvent) -> Result<E, DecodeError> {
    if event.schema_version.get() != E::VERSION || !event.content_type.is_json() {
        return decode_other::<E>(event);
    }
    match std::str::from_utf8(&event.payload) {
        Ok(text) => E::from_json(text).map_err(|error| event.undecodable(DecodeReason::Json(error))),
        Err(error) => Err(event.undecodable(DecodeReason::Utf8(error))),
    }
}

/// Decodes a payload that is not, or not yet, recorded.
pub fn decode_json<E: SingleEvent>(payload: &[u8]) -> Result<E, Box<dyn std::error::Error + Send + Sync>> {
    Ok(E::from_json(std::str::from_utf8(payload)?)?)
}

#[cold]
fn decode_other<E: SingleEvent>(event: &RecordedEvent) -> Result<E, DecodeError> {
    check_readable(event, E::VERSION)?;
    E::upcast(event)
}

fn check_readable(event: &RecordedEvent, newest: u32) -> Result<(), DecodeError> {
    if !event.content_type.is_json() {
        return Err(event.undecodable(DecodeReason::ContentType(event.content_type.clone())));
    }
    if event.schema_version.get() > newest {
        let newest = SchemaVersion::new(newest).unwrap_or(SchemaVersion::FIRST);
        return Err(event.undecodable(DecodeReason::NewerVersion { newest }));
    }
    Ok(())
}

/// Decodes an old version through JSON steps; `steps[i]` leads from version `i + 1` to `i + 2`.
pub fn upcast_json<E: SingleEvent>(event: &RecordedEvent, steps: &[&dyn JsonStep]) -> Result<E, DecodeError> {
    let value = run_steps(event, steps)?;
    E::from_value(value).map_err(|error| event.undecodable(DecodeReason::Json(error)))
}

fn run_steps(event: &RecordedEvent, steps: &[&dyn JsonStep]) -> Result<serde_json::Value, DecodeError> {
    let json = |error| event.undecodable(DecodeReason::Json(error));
    let mut value = serde_json::from_slice(&event.payload).map_err(json)?;
    let mut version = event.schema_version;
    for step in steps.iter().skip(version.get() as usize - 1) {
        value = step.run(value).map_err(|source| event.undecodable(DecodeReason::Upcast { from: version, source }))?;
        version = SchemaVersion::new(version.get() + 1).unwrap_or(version);
    }
    Ok(value)
}

/// The `upcast` of an event at version 1: there is nothing older.
pub fn upcast_unreachable<E: SingleEvent>(event: &RecordedEvent) -> Result<E, DecodeError> {
    let newest = SchemaVersion::new(E::VERSION).unwrap_or(SchemaVersion::FIRST);
    Err(event.undecodable(DecodeReason::NewerVersion { newest }))
}

/// The answer of an enum that has no variant of this name.
#[cold]
pub fn unknown_name(event: &RecordedEvent) -> DecodeError {
    event.undecodable(DecodeReason::UnknownName)
}
