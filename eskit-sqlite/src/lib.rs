//! The SQLite store of eskit: one file, one writer thread, many readers.
//!
//! - **Durable**: an append is fsynced before it returns, unless you choose [`Durability::Normal`].
//! - **Group commit**: the writer commits all waiting appends in one transaction, and waits a little for callers that are about to
//!   append again. A single caller never waits.
//! - **Streams and queries in one log**: conditions on versions of streams and on queries are checked in the transaction that
//!   writes.
//! - **Shared**: several processes may write to one file.
//!
//! Keep read models in a file of their own: another transaction in the log's file delays every append until it ends, or until the
//! [busy timeout](SqliteOptions::busy_timeout). If you use rusqlite, use version 0.39 as this crate does, since SQLite can be linked
//! into a program only once.
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
