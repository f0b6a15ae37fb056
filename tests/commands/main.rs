//! Commands beyond `execute`: sets of commands, stored commands, middleware, and the log of commands.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail their test")]

mod log;
mod middleware;
mod sets;
mod shop;
mod stored;
