//! What the store does beyond the conformance suite.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a test may")]

mod appends;
#[path = "../../../tests/stores/synchronous.rs"]
mod cases;
mod failures;
mod liveness;
mod migrations;
mod pooler;
#[path = "support/proxy.rs"]
mod proxy;
mod sessions;
mod sharing;
mod support;
mod synchronous;
#[path = "support/synchronous.rs"]
mod target;
mod transactions;
mod views;
mod views_claims;
mod views_liveness;
#[path = "support/views.rs"]
mod views_support;
mod views_versions;
mod views_work;
mod wakers;
