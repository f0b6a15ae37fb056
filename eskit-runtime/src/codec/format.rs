use crate::codec::decode_error::DecodeReason;
use crate::codec::error::CodecError;
use crate::log::content_type::ContentType;

/// A stored payload as the JSON text that its event was written as: the one place where the format decides how a payload is read.
pub(crate) fn json_text<'p>(format: &ContentType, payload: &'p [u8]) -> Result<&'p str, DecodeReason> {
    if !format.is_json() {
        return Err(DecodeReason::ContentType(format.clone()));
    }
    std::str::from_utf8(payload).map_err(|error| DecodeReason::Malformed(CodecError::new(error)))
}
