//! What the store does beyond the conformance suite.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

mod appends;
mod backup;
#[path = "../../../tests/stores/synchronous.rs"]
mod cases;
mod costs;
#[cfg(unix)]
mod crash;
mod files;
#[cfg(unix)]
mod fork;
mod lifecycle;
#[cfg(unix)]
mod overwritten;
mod queries;
mod sharing;
mod support;
mod synchronous;
#[path = "support/synchronous.rs"]
mod target;
#[path = "support/view.rs"]
mod view;
mod views;
mod views_files;
mod views_follow;
mod views_work;
mod wakers;
