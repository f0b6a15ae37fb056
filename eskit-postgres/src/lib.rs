//! The PostgreSQL store of eskit: sequenced group commit, contiguous positions, several processes on one log.
//!
//! - **Sequenced**: the first caller to append takes a lock, in a statement of its own, and holds it until the commit. Positions are
//!   contiguous in commit order, so a reader follows the log with `position > last` and misses nothing.
//! - **Group commit**: appends that wait in this process are checked and written together, in one call and one
//!   transaction; a conflict fails the one append alone. When nothing waits, an append goes straight to the database.
//! - **Two conditions, one log**: the versions of streams and the queries of dynamic consistency boundaries are checked by
//!   the transaction that writes, behind the lock.
//! - **Shared**: any number of processes may write to one log.
//! - **Your transaction**: [`PostgresStore::in_transaction`] commits commands together with what you write to your own tables.
//!
//! Pools and transactions are those of sqlx 0.9, built without TLS: a program that needs it depends on sqlx too, with one of
//! its features for TLS.
//!
//! Programs use it through the `eskit` crate, feature `postgres`.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod append;
mod error;
mod open;
mod pool;
mod read;
mod sql;
mod store;
mod transaction;

#[cfg(feature = "testing")]
pub mod testing;

pub use open::options::PostgresOptions;
pub use sql::migrations::{Migration, Migrations, PayloadType, migrations};
pub use store::PostgresStore;
pub use transaction::InTransaction;

/// The README's code is compiled with the documentation's.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
