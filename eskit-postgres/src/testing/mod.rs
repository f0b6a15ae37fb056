//! PostgreSQL for tests: a private server that needs no installation of its own, and a fresh database for each test.
//!
//! [`database`] makes a database on the server that the environment variable `ESKIT_TEST_POSTGRES` names as a DSN; its role
//! must be allowed to create databases. Without the variable it starts one private server for the process: `initdb` and
//! `pg_ctl` are looked for, the data lies in a temporary folder, the server listens on a Unix socket there and nowhere else,
//! and stops when the process ends, however it ends. Since PostgreSQL refuses to run as root, it then runs as the user
//! `postgres`, or `nobody`.
//!
//! Where there is no PostgreSQL, the test says so and is skipped, but with `CI=true` it fails.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use eskit_postgres::{PostgresStore, testing};
//!
//! let Some(database) = testing::database().await? else { return Ok(()) };
//! let store = PostgresStore::options().migrate(true).connect(database.dsn()).await?;
//! # Ok(()) }
//! ```
//!
//! For tests that stop or kill the server, [`Cluster`] starts one for the test alone, and [`Cluster::standby`] a second one that follows
//! it. [`Address`] is a DSN that leads to one of them, and then to the other.

mod address;
mod binaries;
mod cluster;
mod database;
mod error;
mod user;

pub use address::Address;
pub use cluster::{Cluster, ClusterOptions, StopMode};
pub use database::{Database, database};
pub use error::TestError;
