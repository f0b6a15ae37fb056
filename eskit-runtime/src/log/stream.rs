use std::fmt;
use std::sync::Arc;

use crate::log::name::WireName;

/// The name of a stream: a type (`account`) and an id (`a-17`). Displays as `account:a-17`.
///
/// Type and id have 1 to 256 bytes each and hold no NUL.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct StreamId {
    stream_type: WireName,
    id: Arc<str>,
}

impl StreamId {
    /// The stream of this type with this id. Limits are checked when it is used in an append or a query.
    pub fn new(stream_type: impl Into<WireName>, id: impl Into<Arc<str>>) -> StreamId {
        StreamId { stream_type: stream_type.into(), id: id.into() }
    }

    /// The stream of the same type with another id.
    #[must_use]
    pub fn with_id(&self, id: impl Into<Arc<str>>) -> StreamId {
        StreamId { stream_type: self.stream_type.clone(), id: id.into() }
    }

    /// The type of the stream, such as `account`.
    pub fn stream_type(&self) -> &str {
        &self.stream_type
    }

    /// The id of the stream within its type.
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.stream_type, self.id)
    }
}

/// A stream, and the version of one event in it: 1 for the first event of the stream, contiguous.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct StreamVersion {
    /// The stream.
    pub stream: StreamId,
    /// The version, counted from 1.
    pub version: u64,
}
