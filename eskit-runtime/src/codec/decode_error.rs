use std::fmt;
use std::sync::Arc;

use crate::codec::convert;
use crate::codec::encode;
use crate::codec::error::CodecError;
use crate::codec::kind::PayloadKind;
use crate::codec::upcast::UpcastError;
use crate::log::content_type::ContentType;
use crate::log::name::{SchemaVersion, WireName};
use crate::log::position::Position;
use crate::message::{is_like, slips};

/// A recorded event or a stored command that this program cannot read. Names it, its version and, where known, its position.
#[derive(Debug)]
#[non_exhaustive]
pub struct DecodeError {
    /// Whether it is an event or a command.
    pub kind: PayloadKind,
    /// The wire name.
    pub name: WireName,
    /// The schema version that was stored.
    pub version: SchemaVersion,
    /// The position of the event; [`Position::START`] if it is not recorded yet, and for a command.
    pub position: Position,
    /// Why it cannot be read.
    pub reason: DecodeReason,
}

/// Why a recorded event or a stored command cannot be read.
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
    /// No command of this wire name or alias is in the set that was asked for.
    UnknownCommand {
        /// The wire names of the set, former ones included.
        known: Vec<&'static str>,
    },
    /// The stored version is newer than the newest that this program knows.
    NewerVersion {
        /// The newest version that this program knows.
        newest: SchemaVersion,
    },
    /// The payload has a format that this program cannot decode.
    ContentType(ContentType),
    /// Values in the payload are sealed, since they are personal data.
    Sealed {
        /// Why the vault could not open them; `None` if the event was read without one.
        why: Option<Arc<str>>,
    },
    /// The payload is damaged, or does not fit its type.
    Malformed(CodecError),
    /// An upcaster refused the payload.
    Upcast {
        /// The version that the upcaster starts from.
        from: SchemaVersion,
        /// The error of the upcaster.
        source: UpcastError,
    },
}

impl DecodeError {
    /// Whether a newer program can read it: [`DecodeReason::NewerVersion`].
    pub fn is_newer(&self) -> bool {
        matches!(self.reason, DecodeReason::NewerVersion { .. })
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let DecodeReason::UnknownCommand { known } = &self.reason {
            return unknown_command(f, &self.name, known);
        }
        write!(f, "{} `{}` version {}", self.kind, self.name, self.version)?;
        if self.position > Position::START {
            write!(f, " at position {}", self.position)?;
        }
        match &self.reason {
            DecodeReason::UnknownCommand { .. } => Ok(()),
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
                write!(f, " has a payload of type `{found}`, which this program cannot decode{}", convert::help(found))
            }
            DecodeReason::Sealed { why: Some(why) } => write!(f, " has sealed personal data, which cannot be opened: {why}"),
            DecodeReason::Sealed { why: None } => f.write_str(
                " has sealed personal data, and was read without a vault\nhelp: give the app a vault with `App::with_vault(vault)`, or read \
                 through `eskit::layer::Sealing`",
            ),
            DecodeReason::Malformed(error) => {
                write!(f, " has a payload that does not fit its type: {error}{}", encode::number_help())
            }
            DecodeReason::Upcast { from, source } => {
                write!(f, " was refused by the upcaster from version {from}: {source}")
            }
        }
    }
}

fn unknown_command(f: &mut fmt::Formatter<'_>, name: &str, known: &[&str]) -> fmt::Result {
    write!(f, "there is no command `{name}`\nhelp: ")?;
    let like = known.iter().filter(|known| is_like(name, known)).min_by_key(|known| slips(name, known));
    if let Some(like) = like.filter(|_| known.len() > 1) {
        write!(f, "did you mean `{like}`? ")?;
    }
    match known {
        [] => f.write_str("no command is known here"),
        [only] => write!(f, "the only one that is known here is `{only}`"),
        [first, between @ .., last] => {
            write!(f, "known are `{first}`")?;
            between.iter().try_for_each(|name| write!(f, ", `{name}`"))?;
            write!(f, "{} and `{last}`", if between.is_empty() { "" } else { "," })
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
