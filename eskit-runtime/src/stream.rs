use std::fmt;
use std::sync::Arc;

use crate::aggregate::{Aggregate, Key};
use crate::name::WireName;
use crate::tag::{TagValue, push_one};

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

    /// The stream of one instance of a stream aggregate, by what [`load`](fn@crate::load) takes:
    /// `StreamId::of::<Account>(&account)`. Other aggregates have none, and do not compile here.
    #[allow(clippy::panic, reason = "in a const block: an error of the compiler, not of the program")]
    pub fn of<A: Aggregate>(id: impl TagValue) -> StreamId {
        let name = const {
            match A::TYPE.key {
                Key::Stream(name) => name,
                Key::Tags(_) | Key::All => panic!("only an aggregate with `stream = \"..\"` has streams"),
            }
        };
        let mut text = String::new();
        push_one(&mut text, &id);
        StreamId { stream_type: WireName::from_static(name), id: text.into() }
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
