use std::fmt;

use crate::log::name::WireName;

/// The format of a payload, as a media type of 1 to 256 bytes without NUL. Stored beside each payload.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ContentType(Option<WireName>);

/// The media type of JSON.
pub const JSON: &str = "application/json";
/// The media type of Protobuf.
pub const PROTOBUF: &str = "application/protobuf";
/// The media type of CBOR.
pub const CBOR: &str = "application/cbor";

/// The parameter of a media type whose payload holds sealed values.
const SEALED: &str = ";sealed=1";
const SEALED_JSON: &str = "application/json;sealed=1";
const SEALED_CBOR: &str = "application/cbor;sealed=1";

impl ContentType {
    /// `application/json`, the format of events that say nothing else.
    pub const JSON: ContentType = ContentType(None);
    /// `application/cbor`, the format of events with `#[event(codec = "cbor")]`: the same data as in JSON, in fewer bytes.
    pub const CBOR: ContentType = ContentType(Some(WireName::from_static(CBOR)));
    /// `application/protobuf`, the format of events with `#[event(codec = "protobuf")]`. Only their type can read it.
    pub const PROTOBUF: ContentType = ContentType(Some(WireName::from_static(PROTOBUF)));

    /// The format with this media type. Nothing is checked here; an append with one that crosses a limit is refused.
    pub fn new(media_type: &str) -> ContentType {
        match media_type {
            JSON => ContentType::JSON,
            CBOR => ContentType::CBOR,
            PROTOBUF => ContentType::PROTOBUF,
            SEALED_JSON => ContentType(Some(WireName::from_static(SEALED_JSON))),
            SEALED_CBOR => ContentType(Some(WireName::from_static(SEALED_CBOR))),
            other => ContentType(Some(other.into())),
        }
    }

    /// The media type.
    pub fn as_str(&self) -> &str {
        self.0.as_deref().unwrap_or(JSON)
    }

    /// Whether this is [`ContentType::JSON`].
    pub fn is_json(&self) -> bool {
        self.0.is_none()
    }

    /// Whether this is [`ContentType::CBOR`].
    pub fn is_cbor(&self) -> bool {
        self.0.as_deref() == Some(CBOR)
    }

    /// Whether values in the payload are sealed, since they are personal data: the media type has the parameter `sealed=1`.
    pub fn is_sealed(&self) -> bool {
        self.0.as_deref().is_some_and(|media_type| media_type.ends_with(SEALED))
    }

    /// The same format with sealed values.
    #[must_use]
    pub fn sealed(&self) -> ContentType {
        match self.is_sealed() {
            true => self.clone(),
            false => ContentType::new(&format!("{self}{SEALED}")),
        }
    }

    /// The same format without sealed values.
    #[must_use]
    pub fn plain(&self) -> ContentType {
        match self.0.as_deref().and_then(|media_type| media_type.strip_suffix(SEALED)) {
            Some(plain) => ContentType::new(plain),
            None => self.clone(),
        }
    }

    /// Whether this is [`ContentType::PROTOBUF`].
    pub fn is_protobuf(&self) -> bool {
        self.0.as_deref() == Some(PROTOBUF)
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
