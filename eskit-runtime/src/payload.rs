use std::fmt;

use crate::encode;
use crate::name::{SchemaVersion, WireName};
use crate::position::Position;
use crate::upcast::UpcastError;

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

/// A recorded event that this program cannot read. Names the event, its version and, where known, its position.
#[derive(Debug)]
#[non_exhaustive]
pub struct DecodeError {
    /// The wire name of the event.
    pub name: WireName,
    /// The schema version that was recorded.
    pub version: SchemaVersion,
    /// Where the event stands in the log; [`Position::START`] when it is not recorded yet.
    pub position: Position,
    /// Why it cannot be read.
    pub reason: DecodeReason,
}

/// Why a recorded event cannot be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum DecodeReason {
    /// The event type that was asked for has no such wire name or alias.
    UnknownName {
        /// The Rust type.
        asked: &'static str,
    },
    /// The event lies in a stream that an aggregate folds, but the aggregate has no `#[evolve]` method for it.
    NotEvolved {
        /// The aggregate.
        aggregate: &'static str,
    },
    /// The recorded version is newer than the newest that this program knows.
    NewerVersion {
        /// The newest version that this program knows.
        newest: SchemaVersion,
    },
    /// The payload has a format that this program cannot decode.
    ContentType(ContentType),
    /// The payload is not UTF-8.
    Utf8(std::str::Utf8Error),
    /// The payload does not fit the event type.
    Json(serde_json::Error),
    /// An upcaster refused the payload.
    Upcast {
        /// The version that the upcaster starts from.
        from: SchemaVersion,
        /// What the upcaster said.
        source: UpcastError,
    },
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "event `{}` version {}", self.name, self.version)?;
        if self.position > Position::START {
            write!(f, " at position {}", self.position)?;
        }
        match &self.reason {
            DecodeReason::UnknownName { asked } => write!(
                f,
                " was asked for as `{asked}`, which has no such name; decode it as its own type, or add the name with \
                 `#[event(alias = \"..\")]`"
            ),
            DecodeReason::NotEvolved { aggregate } => write!(
                f,
                " is in a stream of `{aggregate}`, which does not evolve it; add an `#[evolve]` method, or pass such \
                 events over with `#[aggregate(stream = \"..\", partial)]`"
            ),
            DecodeReason::NewerVersion { newest } => {
                write!(f, " is newer than version {newest}, the newest that this program knows; update the program")
            }
            DecodeReason::ContentType(found) => {
                write!(f, " has a payload of type `{found}`, which this program cannot decode")
            }
            DecodeReason::Utf8(_) => f.write_str(" has a payload that is not UTF-8"),
            DecodeReason::Json(error) => {
                write!(f, " has a payload that does not fit its type: {error}{}", encode::number_help())
            }
            DecodeReason::Upcast { from, source } => {
                write!(f, " was refused by the upcaster from version {from}: {source}")
            }
        }
    }
}

impl std::error::Error for DecodeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.reason {
            DecodeReason::Utf8(error) => Some(error),
            DecodeReason::Json(error) => Some(error),
            DecodeReason::Upcast { source, .. } => Some(source),
            _ => None,
        }
    }
}
