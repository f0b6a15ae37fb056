//! The contract that eskit's generated code and its stores meet.
//!
//! This crate holds what an event-sourced program is made of (events, commands, aggregates, deciders, tags, queries,
//! appends, recorded events), the [`EventStore`] trait that every store implements, and [`execute`](fn@execute), the
//! one function that runs a command. It knows no async runtime and no database. Programs use the `eskit` crate, which
//! re-exports everything here; authors of stores depend on this crate alone.

#![forbid(unsafe_code)]

mod added_tags;
mod aggregate;
mod append;
mod cache;
mod command;
mod decider;
mod each;
mod encode;
mod envelope;
mod event;
mod execute;
mod id;
mod intern;
mod json;
mod lifecycle;
pub mod limits;
mod metadata;
mod models;
mod name;
mod pages;
mod payload;
mod position;
mod query;
mod recorded;
mod registry;
mod retag;
mod route;
mod schema;
mod store;
mod stream;
mod table;
mod tag;
mod time;
mod upcast;
mod versions;
mod watch;

#[doc(hidden)]
pub mod __private;

pub use added_tags::{AddTagsError, AddedTags};
pub use aggregate::{Aggregate, AggregateType, Evolve, Key, Keys, LoadKey, Loaded, Scope};
pub use append::{
    Append, AppendError, Appended, Condition, Conflict, ConflictEvent, ConflictKind, ExpectedVersion, NewEvent,
};
pub use cache::StateCache;
pub use command::{Command, CommandType};
pub use decider::{Binding, Decide, DeciderType, Decision, Emit, Emitter};
pub use each::Each;
pub use encode::{EncodeError, EncodeReason};
pub use envelope::Envelope;
pub use event::{Event, EventType, EventTypes, Field, Payload, SingleEvent, SourceLocation, TagField};
pub use execute::{
    DomainError, ExecuteError, ExecuteOptions, Executed, LoadError, RetryPolicy, Sleep, append_with_retry, execute,
    load,
};
pub use id::{EventId, LogId};
pub use intern::Interner;
pub use lifecycle::{StreamChange, StreamClosed, StreamError, StreamInfo, StreamStatus};
pub use limits::LimitError;
pub use metadata::{Metadata, Principal, PrincipalKind};
pub use models::{Count, Instance, Model, ModelType, Models};
pub use name::{SchemaVersion, WireName};
pub use pages::Pages;
pub use payload::{ContentType, DecodeError, DecodeReason};
pub use position::{Place, PlaceParseError, Position};
pub use query::{Direction, Query, QueryItem, ReadOptions};
pub use recorded::{Page, RecordedEvent};
pub use registry::{Registry, RegistryError};
pub use retag::{RetagError, Retagged, retag};
pub use schema::{Shape, ShapeDef};
pub use store::{AnyStore, EventStore, StoreError, StoreErrorKind};
pub use stream::{StreamId, StreamVersion};
pub use tag::{Arity, Tag, TagRef, TagValue, Tags};
#[cfg(any(feature = "jiff", feature = "chrono", feature = "time"))]
pub use time::TimestampRangeError;
pub use time::{Timestamp, TimestampParseError};
pub use upcast::UpcastError;
pub use versions::KnownVersions;
pub use watch::HeadWatch;
