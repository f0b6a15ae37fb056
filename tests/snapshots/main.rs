//! Snapshots: what is read for them, what becomes of those that must not be used, and of places that fail.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail their test")]

mod failing;
mod kept;
mod killed;
mod memory;
mod reads;
mod support;
mod totals;
mod unusable;
