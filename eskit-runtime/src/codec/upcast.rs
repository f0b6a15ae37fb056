use std::fmt;

/// Why an upcaster refused a payload.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UpcastError(String);

impl UpcastError {
    /// A refusal with this text.
    pub fn new(text: impl Into<String>) -> UpcastError {
        UpcastError(text.into())
    }
}

impl fmt::Display for UpcastError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UpcastError {}

impl From<serde_json::Error> for UpcastError {
    fn from(error: serde_json::Error) -> UpcastError {
        UpcastError(error.to_string())
    }
}
