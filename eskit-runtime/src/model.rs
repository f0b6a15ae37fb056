//! The traits behind the macros: events, commands, aggregates and deciders, and the rules between them.
//!
//! The macros implement these traits; programs rarely name them, except in bounds such as `E: Event`.

pub(crate) mod aggregate;
pub(crate) mod bounds;
pub(crate) mod cache;
#[allow(clippy::panic, reason = "a panic in const code is how a check of this module becomes a compile error")]
pub(crate) mod check;
pub(crate) mod command;
pub(crate) mod decider;
pub(crate) mod decode;
pub(crate) mod distinct;
pub(crate) mod each;
pub(crate) mod event;
pub(crate) mod format;
pub(crate) mod loaded;
pub(crate) mod models;
mod personal;
pub(crate) mod registry;
pub(crate) mod route;
pub(crate) mod storable;
pub(crate) mod subscriber;
pub(crate) mod table;

pub use aggregate::{Aggregate, AggregateType, Evolve, Key, KeyType, Keys, LoadKey, Scope, Stated};
pub use cache::{StateCache, Wanted};
pub use command::{Command, CommandType};
pub use decider::{Binding, Decide, DeciderType, Decision, DecisionError, Emit, Emitter};
pub use each::Each;
pub use event::{Event, EventSet, EventType, EventTypes, Field, Payload, SingleEvent, SourceLocation, TagField};
pub use loaded::{Loaded, Seen};
pub use models::{Count, Instance, Model, ModelType, Models};
pub use registry::{PersonalEvent, PersonalReader, PersonalReport, Registry, RegistryError};
pub use storable::{Storable, StorableCommand, StoredCommand};
