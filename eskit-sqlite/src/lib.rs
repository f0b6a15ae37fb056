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

mod append;
mod error;
mod file;
mod open;
mod read;
mod store;
mod threads;

pub use open::options::{Durability, SqliteOptions};
pub use store::SqliteStore;
