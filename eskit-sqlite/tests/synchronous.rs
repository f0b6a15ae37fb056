//! Synchronous projections in a SQLite log: read models that commit with the append.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

#[path = "../../tests/stores/synchronous.rs"]
mod cases;
mod support;
#[path = "support/synchronous.rs"]
mod target;

cases::cases!(target::Log);
