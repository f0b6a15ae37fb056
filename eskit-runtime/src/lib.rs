//! The contract that eskit's generated code and its stores meet.
//!
//! This crate holds what an event-sourced program is made of (events, commands, aggregates, deciders, tags, queries,
//! appends, recorded events), the [`EventStore`] trait that every store implements, and [`execute`](fn@execute), the
//! one function that runs a command. It knows no async runtime and no database. Programs use the `eskit` crate, which
//! re-exports everything here; authors of stores depend on this crate alone.

#![forbid(unsafe_code)]

mod codec;
mod execute;
mod log;
mod message;
mod model;
mod schema;
pub mod store_kit;

#[doc(hidden)]
pub mod __private;

pub use codec::decode_error::{DecodeError, DecodeReason};
pub use codec::encode::{EncodeError, EncodeReason};
pub use codec::format::CodecError;
pub use codec::upcast::UpcastError;
pub use execute::retag::{RetagError, Retagged, retag};
pub use execute::{
    DomainError, ExecuteError, ExecuteOptions, Executed, KeyReused, LoadError, RetryPolicy, Sleep, append_with_retry,
    execute, load,
};
pub use log::added_tags::{AddTagsError, AddedTags};
pub use log::append::{
    Append, AppendError, Appended, Condition, Conflict, ConflictEvent, ConflictKind, ExpectedVersion, NewEvent,
};
pub use log::content_type::ContentType;
pub use log::id::{EventId, LogId};
pub use log::lifecycle::{StreamChange, StreamClosed, StreamError, StreamInfo, StreamStatus};
pub use log::limits;
pub use log::limits::LimitError;
pub use log::metadata::{Metadata, Principal, PrincipalKind};
pub use log::name::{SchemaVersion, WireName};
pub use log::pages::Pages;
pub use log::position::{Place, PlaceParseError, Position};
pub use log::query::{Direction, Query, QueryItem, ReadOptions};
pub use log::recorded::{Page, Part, RecordedEvent};
pub use log::store::{AnyStore, EventStore, StoreError, StoreErrorKind};
pub use log::stream::{StreamId, StreamVersion};
pub use log::stream_list::{ListStreams, ListedStream, StreamPage};
pub use log::tag::{Arity, IdType, Tag, TagRef, TagValue, Tags};
#[cfg(any(feature = "jiff", feature = "chrono", feature = "time"))]
pub use log::time::TimestampRangeError;
pub use log::time::{Timestamp, TimestampParseError};
pub use model::aggregate::{Aggregate, AggregateType, Evolve, Key, KeyType, Keys, LoadKey, Scope, Stated};
pub use model::cache::StateCache;
pub use model::command::{Command, CommandType};
pub use model::decider::{Binding, Decide, DeciderType, Decision, Emit, Emitter};
pub use model::each::Each;
pub use model::event::{Event, EventSet, EventType, EventTypes, Field, Payload, SingleEvent, SourceLocation, TagField};
pub use model::loaded::{Loaded, Seen};
pub use model::models::{Count, Instance, Model, ModelType, Models};
pub use model::registry::{Registry, RegistryError};
pub use schema::{Shape, ShapeDef};
