//! Routes for axum in front of a program that uses eskit.
//!
//! | what | where |
//! |---|---|
//! | `/live`, `/ready` and `/health`, for whoever supervises the program | [`HealthRoutes`] |
//! | `/metrics`, for Prometheus | `Prometheus`, feature `prometheus` |
//! | `/profile`: how long each operation takes, and what has become slower | `profile`, feature `profile` |
//! | server-sent events of changes in read models, and of events as they are appended | [`sse`] |
//! | fragments of HTML for pages with Datastar | [`datastar`] |
//! | ending connections whose clients do not read | [`DropSlow`] |
//!
//! ```no_run
//! use eskit::prelude::*;
//! use eskit_axum::{DropSlow, HealthRoutes};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let app = App::new(MemoryStore::new()).start().await?;
//! let routes = HealthRoutes::new(app).router();
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
//! axum::serve(DropSlow::new(listener), routes).await?;
//! # Ok(()) }
//! ```

#![forbid(unsafe_code)]

pub mod datastar;
mod drop_slow;
mod health;
#[cfg(feature = "profile")]
mod profile;
#[cfg(feature = "prometheus")]
mod prometheus;
pub mod sse;

pub use drop_slow::{DropSlow, Unread};
pub use health::HealthRoutes;
#[cfg(feature = "profile")]
pub use profile::profile;
#[cfg(feature = "prometheus")]
pub use prometheus::{Prometheus, PrometheusError};
