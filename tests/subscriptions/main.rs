//! The driver of subscriptions, on a log and on views in memory, with a clock that does not wait.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail their test")]

mod failures;
mod health;
mod log;
mod pages;
mod steering;
mod support;
mod versions;
