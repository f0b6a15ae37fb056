use std::fmt;

use crate::codec::encode;
use crate::codec::error::CodecError;
use crate::codec::upcast::UpcastError;
use crate::log::content_type::ContentType;
use crate::log::name::{SchemaVersion, WireName};
use crate::log::position::Position;

/// A recorded event that this program cannot read. Names the event, its version and, where known, its position.
#[derive(Debug)]
#[non_exhaustive]
pub struct DecodeError {
    /// The wire name of the event.
    pub name: WireName,
    /// The schema version that was recorded.
    pub version: SchemaVersion,
    /// The position of the event; [`Position::START`] if it is not recorded yet.
    pub position: Position,
    /// Why it cannot be read.
    pub reason: DecodeReason,
}

/// Why a recorded event cannot be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum DecodeReason {
    /// The requested event type has no such wire name or alias.
    UnknownName {
        /// The requested Rust type.
        asked: &'static str,
    },
    /// The event is in the stream of an aggregate that has no `#[evolve]` method for it.
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
    /// The payload is damaged, or does not fit the event type.
    Malformed(CodecError),
    /// An upcaster refused the payload.
    Upcast {
        /// The version that the upcaster starts from.
        from: SchemaVersion,
        /// The error of the upcaster.
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
                " cannot be decoded as `{asked}`, which has no such wire name\nhelp: decode it as its own type, or add the \
                 name with `#[event(alias = \"..\")]`"
            ),
            DecodeReason::NotEvolved { aggregate } => write!(
                f,
                " is in a stream of `{aggregate}`, which does not evolve it\nhelp: add an `#[evolve]` method, or skip such \
                 events with `#[aggregate(stream = \"..\", partial)]`"
            ),
            DecodeReason::NewerVersion { newest } => {
                write!(
                    f,
                    " is newer than version {newest}, the newest that this program knows\nhelp: update the program"
                )
            }
            DecodeReason::ContentType(found) => {
                write!(f, " has a payload of type `{found}`, which this program cannot decode")
            }
            DecodeReason::Malformed(error) => {
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
            DecodeReason::Malformed(error) => Some(error),
            DecodeReason::Upcast { source, .. } => Some(source),
            _ => None,
        }
    }
}
