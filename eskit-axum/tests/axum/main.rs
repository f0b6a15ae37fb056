//! The routes as a client sees them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail their test")]

mod client;
mod health;
mod messages;
#[cfg(feature = "prometheus")]
mod metrics;
mod orders;
mod slow;
mod streams;
