//! The shop on NATS: its commands by name, its events for others, and three processes on three servers.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail their test")]

mod commands;
mod events;
