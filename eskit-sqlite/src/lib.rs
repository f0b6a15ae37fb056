//! The SQLite store of eskit, one file with one writer thread and many readers, and read models in SQLite.
//!
//! - **Durable**: an append is fsynced before it returns, unless you choose [`Durability::Normal`].
//! - **Group commit**: the writer commits all waiting appends in one transaction, and waits a little for callers that are about to
//!   append again. A single caller never waits.
//! - **Streams and queries in one log**: conditions on versions of streams and on queries are checked in the transaction that
//!   writes.
//! - **Shared**: several processes may write to one file.
//!
//! [`SqliteViews`] keep read models in files of their own. [`SqliteStore::with_projection`] keeps one in the log's file, and commits it
//! with the append. Do not write to that file yourself: another transaction there delays every append until it ends, or until the
//! [busy timeout](SqliteOptions::busy_timeout).
//!
//! Use [`rusqlite`] as this crate exports it: SQLite can be linked into a program only once.
//!
//! Programs use it through the `eskit` crate.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod append;
mod error;
mod file;
mod handlers;
mod keys;
mod open;
mod read;
mod store;
mod synchronous;
mod threads;
mod views;

pub use handlers::tx::Tx;
pub use keys::SqliteKeyStore;
pub use open::options::{Durability, SqliteOptions};
pub use rusqlite;
pub use store::SqliteStore;
pub use views::{SqliteGuard, SqliteViews};
