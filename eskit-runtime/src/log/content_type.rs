use std::fmt;

use crate::log::name::WireName;

/// The format of a payload, as a media type of 1 to 256 bytes without NUL. Stored beside each payload.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ContentType(Option<WireName>);

const JSON: &str = "application/json";

impl ContentType {
    /// `application/json`, the format of every event that eskit encodes.
    pub const JSON: ContentType = ContentType(None);

    /// The format with this media type. Nothing is checked here; an append with one that crosses a limit is refused.
    pub fn new(media_type: &str) -> ContentType {
        if media_type == JSON { ContentType::JSON } else { ContentType(Some(media_type.into())) }
    }

    /// The media type.
    pub fn as_str(&self) -> &str {
        self.0.as_deref().unwrap_or(JSON)
    }

    /// Whether this is [`ContentType::JSON`].
    pub fn is_json(&self) -> bool {
        self.0.is_none()
    }
}

impl fmt::Display for ContentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for ContentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

/// Shows a payload as the text that it is, or else as bytes.
pub(crate) struct Shown<'a>(pub(crate) &'a [u8]);

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match std::str::from_utf8(self.0) {
            Ok(text) => f.write_str(text),
            Err(_) => self.0.fmt(f),
        }
    }
}
