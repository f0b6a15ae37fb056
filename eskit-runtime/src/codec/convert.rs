//! Payloads of one format in another, without their types.

use std::borrow::Cow;

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

/// A payload of a format that can hold sealed values, as JSON text.
pub(crate) fn to_text<'p>(content_type: &ContentType, payload: &'p [u8]) -> Result<Cow<'p, str>, CodecError> {
    if content_type.is_json() {
        return std::str::from_utf8(payload).map(Cow::Borrowed).map_err(CodecError::new);
    }
    as_json(content_type, payload).unwrap_or_else(|| Err(unsealable(content_type))).map(Cow::Owned)
}

/// A JSON text in a format that can hold sealed values.
pub(crate) fn of_text(content_type: &ContentType, json: String) -> Result<Vec<u8>, CodecError> {
    if content_type.is_json() {
        return Ok(json.into_bytes());
    }
    from_json(content_type, &json).unwrap_or_else(|| Err(unsealable(content_type)))
}

fn unsealable(content_type: &ContentType) -> CodecError {
    let help = if content_type.is_cbor() { help(content_type) } else { "" };
    CodecError::new(format!("values in a payload of type `{content_type}` cannot be sealed{help}"))
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
