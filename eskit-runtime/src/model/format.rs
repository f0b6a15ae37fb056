//! How the payloads of a type with a `codec` are written and read.

use serde::ser::Error as _;

use crate::codec::decode_error::{DecodeError, DecodeReason};
use crate::codec::encode::EncodeError;
use crate::codec::encoded::Encoded;
use crate::codec::json::Written;
use crate::codec::protobuf::Protobuf;
use crate::log::content_type::ContentType;
use crate::log::tag::Tags;
use crate::model::decider::Emitter;
use crate::model::decode::decode_other;
use crate::model::event::SingleEvent;

/// What writes and reads the payloads of an event type in a format of its own.
#[derive(Debug)]
pub struct Format<E> {
    /// Adds an event to what is to be appended.
    pub(crate) push: fn(&E, &mut Emitter) -> Result<(), EncodeError>,
    /// Decodes a payload of the newest version that is no JSON.
    pub(crate) decode: fn(&Encoded<'_>) -> Result<E, DecodeError>,
}

/// The format of a type with `codec = "cbor"`: its JSON is converted, and read without that way.
pub const fn cbor<E: SingleEvent>() -> Format<E> {
    Format { push: |event, emitter| emitter.push(event), decode: decode_cbor }
}

/// The format of a type with `codec = "protobuf"`.
pub const fn protobuf<E: SingleEvent + Protobuf>() -> Format<E> {
    Format { push: push_protobuf, decode: decode_protobuf }
}

fn decode_cbor<E: SingleEvent>(encoded: &Encoded<'_>) -> Result<E, DecodeError> {
    #[cfg(feature = "cbor")]
    if let Some(read) = encoded.content_type.is_cbor().then(|| E::read_cbor(encoded.payload)).flatten() {
        return Ok(read);
    }
    decode_other(encoded)
}

fn decode_protobuf<E: SingleEvent + Protobuf>(encoded: &Encoded<'_>) -> Result<E, DecodeError> {
    match encoded.content_type.is_protobuf() {
        true => E::read_protobuf(encoded.payload).map_err(|error| encoded.undecodable(DecodeReason::Malformed(error))),
        false => decode_other(encoded),
    }
}

/// What is read back from Protobuf must be the same to serde.
fn push_protobuf<E: SingleEvent + Protobuf>(event: &E, emitter: &mut Emitter) -> Result<(), EncodeError> {
    let payload = event.write_protobuf();
    let write_again = |_: &str, again: &mut Written| match E::read_protobuf(&payload) {
        Ok(read) => read.as_json().to_json(again),
        Err(error) => Err(serde_json::Error::custom(error)),
    };
    emitter.write(E::TYPE, event.as_json(), &write_again)?;
    emitter.tags = Tags::new();
    event.tags(&mut emitter.tags);
    emitter.push_encoded(E::TYPE, ContentType::PROTOBUF, payload);
    Ok(())
}

/// Asked where a type says `codec = "cbor"`.
#[allow(clippy::panic, reason = "in a const: an error of the compiler, not of the program")]
#[track_caller]
pub const fn has_cbor() {
    if cfg!(not(feature = "cbor")) {
        panic!(
            "`codec = \"cbor\"` needs eskit's feature `cbor`\nhelp: add `\"cbor\"` to the features of `eskit` in `Cargo.toml`"
        );
    }
}

/// Asked where a type says `codec = "protobuf"`.
#[allow(clippy::panic, reason = "in a const: an error of the compiler, not of the program")]
#[track_caller]
pub const fn has_protobuf() {
    if cfg!(not(feature = "protobuf")) {
        panic!(
            "`codec = \"protobuf\"` needs eskit's feature `protobuf`\nhelp: add `\"protobuf\"` to the features of `eskit` in `Cargo.toml`"
        );
    }
}

/// Asked where an event says that a field is personal.
#[allow(clippy::panic, reason = "in a const: an error of the compiler, not of the program")]
#[track_caller]
pub const fn has_personal() {
    if cfg!(not(feature = "personal")) {
        panic!(
            "`#[personal]` needs eskit's feature `personal`\nhelp: add `\"personal\"` to the features of `eskit` in `Cargo.toml`"
        );
    }
}
