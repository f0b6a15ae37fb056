//! The PostgreSQL store of eskit: sequenced group commit, contiguous positions, several processes on one log.
//!
//! - **Sequenced**: the first caller to append takes a lock, in a statement of its own, and holds it until the commit. Positions are
//!   contiguous in commit order, so a reader follows the log with `position > last` and misses nothing.
//! - **Group commit**: appends that wait in this process are checked and written together, in one call and one transaction. A
//!   conflict fails only its own append. If no append waits, one is sent to the database at once.
//! - **Streams and queries in one log**: conditions on versions of streams and on queries are checked under the lock, in the
//!   transaction that writes.
//! - **Shared**: any number of processes may write to one log.
//! - **Read models**: [`PostgresViews`] keeps those of projections, each in a schema of its own.
//! - **Synchronous projections**: [`PostgresStore::with_projection`] commits a read model with each append.
//! - **Your transaction**: [`PostgresStore::in_transaction`] commits commands together with your own tables.
//!
//! Pools and transactions are those of sqlx 0.9, built without TLS. For TLS, add sqlx to your own dependencies with one of its TLS
//! features.
//!
//! Programs use it through the `eskit` crate, feature `postgres`.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod append;
mod error;
mod handlers;
mod keys;
mod open;
mod pool;
mod read;
mod sql;
mod store;
mod synchronous;
mod transaction;
mod views;

#[cfg(feature = "testing")]
pub mod testing;

pub use handlers::tx::Tx;
pub use keys::{PostgresKeyStore, PostgresKeyStoreOptions};
pub use open::options::PostgresOptions;
pub use read::replication::Replication;
pub use sql::migrations::{Migration, Migrations, PayloadType, migrations};
pub use store::PostgresStore;
pub use transaction::InTransaction;
pub use views::lease::PostgresGuard;
pub use views::open::PostgresViewsOptions;
pub use views::postgres_views::PostgresViews;

/// The client with which handlers write: the version that these views use.
pub use sqlx;

/// The README's code is compiled with the documentation's.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
