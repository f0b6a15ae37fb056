//! The SQLite store of eskit: one file, one writer thread, many readers.
//!
//! - **Durable**: an append is fsynced before it answers, unless [`Durability::Normal`] is asked for by name.
//! - **Group commit**: the writer commits what waits in one transaction, and lingers a little for callers that are about
//!   to append again; one caller alone never waits.
//! - **Two conditions, one log**: the versions of streams and the queries of dynamic consistency boundaries are checked in
//!   the transaction that writes.
//! - **Shared**: several processes may write to one file.
//!
//! A read model belongs in a file of its own: a transaction of somebody else in the log's file holds up every append until it
//! ends, or until the [busy timeout](SqliteOptions::busy_timeout) does. A program that uses rusqlite for it takes version 0.39, as
//! this crate does: SQLite can be linked into a program only once.
//!
//! Programs use it through the `eskit` crate.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod backup;
mod batch;
mod budget;
mod busy;
mod condition;
mod connect;
mod error;
mod identity;
mod ids;
mod lifecycle;
mod mark;
mod options;
mod page;
mod place;
mod queue;
mod range;
mod readers;
mod repeat;
mod request;
mod retag;
mod row;
mod scan;
mod schema;
mod select;
mod snapshot;
mod state;
mod statements;
mod store;
mod stream;
mod tagged;
mod tier;
mod unwind;
mod watch;
mod writer;

pub use options::{Durability, SqliteOptions};
pub use store::SqliteStore;
