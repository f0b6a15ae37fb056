//! The NATS JetStream store of eskit: a replicated log of groups of appends, decided on a copy in the process.
//!
//! - **JetStream is the log**: one stream with one subject, whose messages are groups of appends, in order. A group is published under the
//!   expectation that the stream ends where it was checked, so any number of processes may write, and positions are contiguous.
//! - **The copy is the index**: the whole log in the memory of the process. Conditions, versions, ids and statuses of streams are checked on it
//!   by the code of `MemoryStore`.
//! - **Group commit**: appends that wait in this process are checked and published together.
//! - **Safe settings only**: a stream or a server that could lose or drop events is refused when the store opens, each setting by name.
//!
//! It has no read models; keep them in SQLite or PostgreSQL beside it. Streams can be archived and tombstoned, but not deleted.
//!
//! Without TLS. For TLS, or for credentials, add `async-nats` to your own dependencies with its features `ring` and `nkeys`, and see
//! [`NatsOptions::connection`].
//!
//! Programs use it through the `eskit` crate, feature `nats`.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod api;
mod append;
pub mod commands;
mod copy;
mod error;
pub mod events;
mod group;
mod open;
mod store;
mod thread;

#[cfg(feature = "testing")]
pub mod testing;

pub use open::options::{NatsOptions, Progress};
pub use store::NatsStore;

/// The client that this store uses: for [`NatsOptions::connection`].
pub use async_nats;

/// Reads a DSN without connecting, for the fuzzer: why it is none, or the servers that it names.
#[doc(hidden)]
pub fn __read_dsn(dsn: &str) -> Result<Vec<String>, eskit_runtime::StoreError> {
    open::dsn::Dsn::parse(dsn).map(|dsn| dsn.servers)
}

/// The README's code is compiled with the documentation's.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
