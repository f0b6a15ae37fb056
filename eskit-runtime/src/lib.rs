//! The contract between eskit's generated code and its stores.
//!
//! This crate holds what an event-sourced program is made of (events, commands, aggregates, deciders, tags, queries,
//! appends, recorded events), the [`EventStore`] trait that every store implements, and [`execute`](fn@execute::execute), the
//! one function that runs a command. It knows no async runtime and no database. Programs use the `eskit` crate, which
//! re-exports everything here; authors of stores depend on this crate alone.

#![forbid(unsafe_code)]

pub mod codec;
pub mod command_log;
pub mod execute;
pub mod log;
pub mod memory_log;
mod message;
pub mod model;
pub mod personal;
pub mod processor;
pub mod rows;
pub mod schema;
mod shape;
pub mod snapshots;
pub mod store_kit;
pub mod subscription;
pub mod transfer;
pub mod vault;
pub mod work;

#[doc(hidden)]
pub mod __private;

pub use codec::UpcastError;
pub use execute::{ExecuteError, Executed, LoadError, RetryPolicy, retag};
pub use log::{AnyStore, EventStore, Metadata, RecordedEvent, StoreError, TagValue, Timestamp};
pub use model::{Aggregate, Command, Each, Event, Loaded};
pub use personal::Personal;
pub use shape::Shape;
