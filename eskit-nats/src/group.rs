//! What the messages of the stream hold: groups of entries, each in one message, or in several that follow each other.

pub(crate) mod entry;
pub(crate) mod message;
