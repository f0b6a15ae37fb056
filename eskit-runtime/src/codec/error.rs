use std::fmt;

/// Why a payload cannot be written, or read, in its format: what the format's library says.
#[derive(Debug)]
pub struct CodecError(Box<dyn std::error::Error + Send + Sync>);

impl CodecError {
    pub(crate) fn new(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> CodecError {
        CodecError(error.into())
    }

    /// What a library says of a payload may quote it, so of one with personal data it is left out.
    #[cold]
    pub(crate) fn hidden() -> CodecError {
        CodecError::new("what does not fit is not shown, since the payload has personal data")
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
