//! The shop on NATS: its commands by name, its events for others, and three processes on three servers.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail their test")]

mod cluster;
mod commands;
mod events;
#[path = "../support/mod.rs"]
mod support;
