//! The one place where payloads are decoded.
//!
//! What is generic here is compiled once for every event of a program, so it only calls what is not, and has no closure
//! or `?` of its own.

use crate::codec::decode_error::{DecodeError, DecodeReason};
use crate::codec::encoded::Encoded;
use crate::codec::json::{StandIns, Written};
use crate::log::name::SchemaVersion;
use crate::log::recorded::RecordedEvent;
use crate::model::bounds::JsonStep;
use crate::model::event::{EventType, Payload, SingleEvent};

/// What the program knows of an event type.
pub const fn event_type<E: SingleEvent>() -> &'static EventType {
    E::TYPE
}

/// Decodes an event whose wire name is that of `E`.
#[inline]
pub fn decode_single<E: SingleEvent>(event: &RecordedEvent) -> Result<E, DecodeError> {
    decode_event(&Encoded::of_event(event))
}

/// The same, of any payload whose wire name is that of `E`.
#[inline]
pub(crate) fn decode_event<E: SingleEvent>(encoded: &Encoded<'_>) -> Result<E, DecodeError> {
    match current(encoded, E::VERSION) {
        Ok(Current::Json(text)) => match E::read_json(text) {
            Ok(decoded) => Ok(decoded),
            Err(error) => Err(encoded.malformed(error)),
        },
        Ok(Current::Other) => match E::FORMAT {
            Some(format) => (format.decode)(encoded),
            None => decode_other(encoded),
        },
        Ok(Current::Older) => E::upcast(encoded),
        Err(error) => Err(error),
    }
}

/// How a payload is read.
pub(crate) enum Current<'p> {
    /// As JSON of the newest version.
    Json(&'p str),
    /// As the newest version in another format.
    Other,
    /// Through the upcasters.
    Older,
}

/// How the payload of a type whose version is `newest` is read.
#[inline]
pub(crate) fn current<'p>(encoded: &Encoded<'p>, newest: u32) -> Result<Current<'p>, DecodeError> {
    match encoded.version.get() {
        version if version == newest => match encoded.content_type.is_json() {
            true => encoded.json().map(Current::Json),
            false => Ok(Current::Other),
        },
        version if version > newest => Err(newer(encoded, newest)),
        _ => Ok(Current::Older),
    }
}

/// Decodes a payload of the newest version that is no JSON, by way of JSON text.
#[cold]
pub(crate) fn decode_other<E: SingleEvent>(encoded: &Encoded<'_>) -> Result<E, DecodeError> {
    match encoded.text() {
        Ok(text) => E::read_json(&text).map_err(|error| encoded.malformed(error)),
        Err(error) => Err(error),
    }
}

/// The answer to a version that this program does not know.
#[cold]
pub fn newer(encoded: &Encoded<'_>, newest: u32) -> DecodeError {
    let newest = SchemaVersion::new(newest).unwrap_or(SchemaVersion::FIRST);
    encoded.undecodable(DecodeReason::NewerVersion { newest })
}

/// A decoded event as a variant of an enum. One call for each variant is less to check and to compile than a `match`.
#[inline]
pub fn variant<E, T>(decoded: Result<E, DecodeError>, make: fn(E) -> T) -> Result<T, DecodeError> {
    match decoded {
        Ok(event) => Ok(make(event)),
        Err(error) => Err(error),
    }
}

/// Reads a payload that is not stored yet, and writes what was read.
pub fn write_again<P: Payload>(payload: &str, again: &mut Written) -> serde_json::Result<()> {
    match P::read_json(payload) {
        Ok(read) => read.as_json().to_json(again),
        Err(error) => Err(error),
    }
}

/// Decodes an old version through JSON steps; `steps[i]` leads from version `i + 1` to `i + 2`.
pub fn upcast_json<E: SingleEvent>(encoded: &Encoded<'_>, steps: &[&dyn JsonStep]) -> Result<E, DecodeError> {
    let text = run_steps(encoded, steps)?;
    E::read_json(&text).map_err(|error| encoded.malformed(error))
}

pub(crate) fn run_steps(encoded: &Encoded<'_>, steps: &[&dyn JsonStep]) -> Result<String, DecodeError> {
    let text = encoded.text()?;
    let (mut value, stand_ins) = StandIns::parse(&text).map_err(|error| encoded.malformed(error))?;
    let mut version = encoded.version;
    for step in steps.iter().skip(version.get() as usize - 1) {
        value =
            step.run(value).map_err(|source| encoded.undecodable(DecodeReason::Upcast { from: version, source }))?;
        version = SchemaVersion::new(version.get() + 1).unwrap_or(version);
    }
    stand_ins.write(&value).map_err(|error| encoded.malformed(error))
}

/// The answer of an enum that has no variant of this name.
#[cold]
pub fn unknown_name<E>(event: &RecordedEvent) -> DecodeError {
    event.unknown_to::<E>()
}
