//! Payloads of one format in another, without their types.

use crate::codec::error::CodecError;
use crate::log::content_type::ContentType;

/// A payload of another format as JSON text; `None` if the program does not know the format.
pub(crate) fn as_json(content_type: &ContentType, payload: &[u8]) -> Option<Result<String, CodecError>> {
    #[cfg(feature = "cbor")]
    if content_type.is_cbor() {
        return Some(crate::codec::cbor::to_json(payload));
    }
    let _ = (content_type, payload);
    None
}

/// A JSON text in another format; `None` if the program does not know the format.
pub(crate) fn from_json(content_type: &ContentType, json: &str) -> Option<Result<Vec<u8>, CodecError>> {
    #[cfg(feature = "cbor")]
    if content_type.is_cbor() {
        return Some(crate::codec::cbor::from_json(json));
    }
    let _ = (content_type, json);
    None
}

/// Whether payloads of this format can be written as JSON and back.
pub(crate) fn can_spell(content_type: &ContentType) -> bool {
    content_type.is_json() || (cfg!(feature = "cbor") && content_type.is_cbor())
}

/// Which feature knows a format, if there is one.
pub(crate) fn help(content_type: &ContentType) -> &'static str {
    match content_type {
        cbor if cbor.is_cbor() => "\nhelp: switch on eskit's feature `cbor`",
        protobuf if protobuf.is_protobuf() => "\nhelp: its type needs `#[event(codec = \"protobuf\")]`",
        _ => "",
    }
}
