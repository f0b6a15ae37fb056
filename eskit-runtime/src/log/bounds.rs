//! The bounds of the contract, and the error that names the one that was crossed.

use std::fmt;

use crate::log::id::EventId;
use crate::log::name::WireName;
use crate::log::personal::JsonPointer;

/// Bytes of a wire name, a stream type, a stream id or a content type.
pub const NAME_BYTES_MAX: usize = 256;
/// Bytes of a tag's key or of its value.
pub const TAG_PART_BYTES_MAX: usize = 256;
/// Tags of one event.
pub const TAGS_PER_EVENT_MAX: usize = 64;
/// Events of one append.
pub const EVENTS_PER_APPEND_MAX: usize = 10_000;
/// Conditions of one append.
pub const CONDITIONS_PER_APPEND_MAX: usize = 20_000;
/// Items of the queries in the conditions of one append, all together.
pub const CONDITION_ITEMS_PER_APPEND_MAX: usize = 20_000;
/// Items of one query.
pub const QUERY_ITEMS_MAX: usize = 10_000;
/// Wire names in one item of a query.
pub const QUERY_TYPES_MAX: usize = 10_000;
/// Event ids in one item of a query.
pub const QUERY_IDS_MAX: usize = 10_000;
/// Extra entries in one event's metadata.
pub const METADATA_ENTRIES_MAX: usize = 100;
/// Bytes of one event's metadata, keys and values together.
pub const METADATA_BYTES_MAX: usize = 64 * 1024;
/// Bytes of the reason for which a stream is tombstoned or deleted.
pub const REASON_BYTES_MAX: usize = 1024;
/// Bytes of one event's payload.
pub const PAYLOAD_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes of the events of one append, their payloads, metadata and tags together. While a store writes one append, all others wait.
pub const APPEND_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Bytes after which a page takes no further event; payloads, metadata and tags together. A page holds at least one event, so it
/// may have up to twice as many.
pub const PAGE_BYTES: usize = 16 * 1024 * 1024;
/// Events of one page that a store returns from one read; larger limits are cut to this.
pub const PAGE_EVENTS_MAX: usize = 10_000;

/// A limit of the contract was crossed, or a name holds what no store can keep. Nothing was written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LimitError {
    /// There are more items than the limit allows.
    TooMany {
        /// What was counted, for example "events in one append".
        what: &'static str,
        /// How many there were.
        found: usize,
        /// How many there may be.
        max: usize,
    },
    /// A text or payload is longer than the limit allows.
    TooLong {
        /// What was measured, for example "stream id".
        what: &'static str,
        /// Its first 64 characters; of metadata and payloads the name of the event.
        text: String,
        /// Its length in bytes.
        found: usize,
        /// The length that it may have, in bytes.
        max: usize,
    },
    /// A name, an id, a part of a tag, a content type or a reason is empty, or an append without events.
    Empty {
        /// What was empty, for example "stream id".
        what: &'static str,
        /// The key of the tag or the type of the stream; empty where there is none.
        of: String,
    },
    /// A name, an id, a tag, a content type or a reason holds a NUL character, which not every store can keep. Metadata and
    /// payloads may.
    Nul {
        /// What holds it, for example "stream id".
        what: &'static str,
        /// Its first 64 characters.
        text: String,
    },
    /// Two events of one append carry the same event id.
    RepeatedId {
        /// The id.
        id: EventId,
    },
    /// An event has personal data that is not sealed.
    PersonalInClear {
        /// The wire name of the event.
        event: WireName,
        /// Where the first such value is in its payload.
        path: JsonPointer,
    },
    /// A read asks for versions, but its query is not of one stream.
    VersionsOfNoStream,
}

impl fmt::Display for LimitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LimitError::TooMany { what, found, max } => write!(f, "{found} {what}, but at most {max} are allowed"),
            LimitError::TooLong { what, text, found, max } => {
                write!(f, "the {what} {text:?} has {found} bytes, but at most {max} are allowed")
            }
            LimitError::Empty { what, of } if of.is_empty() => write!(f, "the {what} is empty"),
            LimitError::Empty { what, of } => write!(f, "the {what} of `{of}` is empty"),
            LimitError::Nul { what, text } => write!(f, "the {what} {text:?} holds a NUL character"),
            LimitError::RepeatedId { id } => write!(f, "two events of one append carry the id {id}"),
            LimitError::PersonalInClear { event, path } => write!(
                f,
                "event `{event}` has personal data at `{path}`, which is not sealed\nhelp: give the app a vault, which seals it: \
                 `App::new(store).with_vault(vault)`"
            ),
            LimitError::VersionsOfNoStream => f.write_str(
                "a read from or to a version must be of one stream\nhelp: read `Query::stream(..)`, or give positions: `after`, `until`",
            ),
        }
    }
}

impl std::error::Error for LimitError {}

impl LimitError {
    /// What is empty has no text to be found by; this says whose it is.
    pub(super) fn of(self, owner: &str) -> LimitError {
        match self {
            LimitError::Empty { what, .. } => LimitError::Empty { what, of: owner.to_owned() },
            other => other,
        }
    }
}

/// The start of a text, for a message.
pub(crate) fn excerpt(text: &str) -> String {
    text.chars().take(64).collect()
}

pub(crate) fn check_text(what: &'static str, text: &str, max: usize) -> Result<(), LimitError> {
    if text.is_empty() {
        return Err(LimitError::Empty { what, of: String::new() });
    }
    if text.len() > max {
        return Err(LimitError::TooLong { what, text: excerpt(text), found: text.len(), max });
    }
    if text.bytes().any(|byte| byte == 0) {
        return Err(LimitError::Nul { what, text: excerpt(text) });
    }
    Ok(())
}

pub(crate) fn check_count(what: &'static str, found: usize, max: usize) -> Result<(), LimitError> {
    if found > max { Err(LimitError::TooMany { what, found, max }) } else { Ok(()) }
}
