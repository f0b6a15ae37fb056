use std::fmt;

use crate::codec::decode_error::DecodeReason;
use crate::log::content_type::ContentType;

/// Why a payload cannot be written, or read, in its format: what the format's library says.
#[derive(Debug)]
pub struct CodecError(Box<dyn std::error::Error + Send + Sync>);

impl CodecError {
    pub(crate) fn new(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> CodecError {
        CodecError(error.into())
    }
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for CodecError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

/// A stored payload as the JSON text that its event was written as: the one place where the format decides how a payload is read.
pub(crate) fn json_text<'p>(format: &ContentType, payload: &'p [u8]) -> Result<&'p str, DecodeReason> {
    if !format.is_json() {
        return Err(DecodeReason::ContentType(format.clone()));
    }
    std::str::from_utf8(payload).map_err(|error| DecodeReason::Malformed(CodecError::new(error)))
}
