//! The program: what it prints, does and refuses.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail their test")]

mod failures;
mod help;
mod lock;
mod reading;
#[path = "../support/mod.rs"]
mod support;
mod transfer;
mod writing;
