//! The log: recorded events, appends and their conditions, queries and reads, streams, and the trait that every store implements.
//!
//! | to | use |
//! |---|---|
//! | append by hand | [`NewEvent`], [`Append`], [`Condition`] |
//! | read | [`Query`], [`ReadOptions`], [`Pages`], [`RecordedEvent`] |
//! | remember how far a reader has come | [`Place`] |
//! | list, close or delete streams | [`ListStreams`], [`StreamChange`], [`StreamStatus`] |
//! | ask what a log holds, in numbers | [`Statistics`] |
//! | say what in a payload is personal data | [`PersonalValue`], [`Subject`] |
//! | write a store | [`EventStore`], [`limits`] |
//!
//! Nothing here knows a domain type or the format of a payload.

pub(crate) mod added_tags;
pub(crate) mod append;
pub(crate) mod bounds;
pub(crate) mod content_type;
pub(crate) mod id;
pub(crate) mod lifecycle;
pub mod limits;
pub(crate) mod metadata;
pub(crate) mod name;
pub(crate) mod new_event;
pub(crate) mod pages;
pub(crate) mod personal;
pub(crate) mod position;
pub(crate) mod query;
pub(crate) mod recorded;
pub(crate) mod stats;
pub(crate) mod store;
pub(crate) mod stream;
pub(crate) mod stream_list;
pub(crate) mod tag;
pub(crate) mod time;

pub use added_tags::{AddTagsError, AddedTags};
pub use append::{Append, AppendError, Appended, Condition, Conflict, ConflictEvent, ConflictKind, ExpectedVersion};
pub use bounds::LimitError;
pub use content_type::ContentType;
pub use id::{EventId, LogId};
pub use lifecycle::{StreamChange, StreamClosed, StreamError, StreamInfo, StreamStatus};
pub use metadata::{Metadata, Principal, PrincipalKind};
pub use name::{SchemaVersion, WireName};
pub use new_event::NewEvent;
pub use pages::Pages;
pub use personal::{JsonPointer, PersonalValue, Subject};
pub use position::{Place, PlaceParseError, Position};
pub use query::{Direction, Query, QueryItem, ReadOptions};
pub use recorded::{Page, Part, PersonalData, RecordedEvent};
pub use stats::{LogStats, Statistics, TypeStats};
pub use store::EventStore;
pub use store::any::AnyStore;
pub use store::error::{StoreError, StoreErrorKind};
pub use stream::{StreamId, StreamVersion};
pub use stream_list::{ListStreams, ListedStream, StreamPage};
pub use tag::{Arity, IdType, TENANT_TAG, Tag, TagRef, TagValue, Tags};
#[cfg(any(feature = "jiff", feature = "chrono", feature = "time"))]
pub use time::TimestampRangeError;
pub use time::{Timestamp, TimestampParseError};
