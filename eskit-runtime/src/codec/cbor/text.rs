use std::borrow::Cow;

use minicbor::Decoder;
use minicbor::data::Type;
use serde::Serialize as _;

use super::number;
use super::write::{LEVELS_MAX, refuse_repeated};
use crate::codec::error::CodecError;

/// Writes CBOR as a JSON text without spaces.
///
/// # Errors
/// It is no CBOR, or something that JSON has not, or has a key twice in one map, more than 128 levels, or bytes after the value.
pub(crate) fn to_json(bytes: &[u8]) -> Result<String, CodecError> {
    let mut from = Decoder::new(bytes);
    let mut text = Vec::with_capacity(bytes.len() * 3 / 2);
    value(&mut from, &mut text, 0)?;
    if from.position() < bytes.len() {
        return Err(CodecError::new(format!("bytes after the value, from byte {} on", from.position())));
    }
    String::from_utf8(text).map_err(CodecError::new)
}

fn value(from: &mut Decoder<'_>, text: &mut Vec<u8>, level: usize) -> Result<(), CodecError> {
    let at = from.position();
    match from.datatype().map_err(CodecError::new)? {
        Type::Bool => text.extend_from_slice(if from.bool().map_err(CodecError::new)? { b"true" } else { b"false" }),
        Type::Null => {
            from.null().map_err(CodecError::new)?;
            text.extend_from_slice(b"null");
        }
        Type::String | Type::StringIndef => write_text(&read_text(from)?, text)?,
        Type::Array | Type::ArrayIndef => {
            let length = from.array().map_err(CodecError::new)?;
            text.push(b'[');
            entries(from, text, (length, level), |from, text| value(from, text, level + 1))?;
            text.push(b']');
        }
        Type::Map | Type::MapIndef => {
            let length = from.map().map_err(CodecError::new)?;
            let mut keys = Vec::new();
            text.push(b'{');
            entries(from, text, (length, level), |from, text| {
                let key = read_text(from)?;
                write_text(&key, text)?;
                keys.push(key);
                text.push(b':');
                value(from, text, level + 1)
            })?;
            text.push(b'}');
            refuse_repeated(keys)?;
        }
        kind @ (Type::Bytes | Type::BytesIndef | Type::Undefined | Type::Simple | Type::Break | Type::Unknown(_)) => {
            return Err(CodecError::new(format!("{kind} at byte {at}, which JSON does not have")));
        }
        kind => number::to_json(from, kind, text)?,
    }
    Ok(())
}

/// Writes as many entries as there are, or up to the break of an indefinite length, with commas between them.
fn entries<'b>(
    from: &mut Decoder<'b>,
    text: &mut Vec<u8>,
    (length, level): (Option<u64>, usize),
    mut entry: impl FnMut(&mut Decoder<'b>, &mut Vec<u8>) -> Result<(), CodecError>,
) -> Result<(), CodecError> {
    if level >= LEVELS_MAX {
        return Err(CodecError::new(format!("more than {LEVELS_MAX} levels at byte {}", from.position())));
    }
    let mut written = 0_u64;
    loop {
        let is_over = match length {
            Some(length) => written == length,
            None => from.datatype().map_err(CodecError::new)? == Type::Break,
        };
        if is_over {
            break;
        }
        if written > 0 {
            text.push(b',');
        }
        entry(from, text)?;
        written += 1;
    }
    if length.is_none() {
        from.set_position(from.position() + 1);
    }
    Ok(())
}

fn read_text<'b>(from: &mut Decoder<'b>) -> Result<Cow<'b, str>, CodecError> {
    if from.datatype().map_err(CodecError::new)? == Type::StringIndef {
        let parts = from.str_iter().map_err(CodecError::new)?;
        return parts.collect::<Result<String, _>>().map(Cow::Owned).map_err(CodecError::new);
    }
    from.str().map(Cow::Borrowed).map_err(CodecError::new)
}

fn write_text(written: &str, text: &mut Vec<u8>) -> Result<(), CodecError> {
    written.serialize(&mut serde_json::Serializer::new(text)).map_err(CodecError::new)
}
