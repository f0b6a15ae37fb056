//! Commands beyond `execute`: sets of commands, stored commands, middleware, the log of commands, and commands that are enqueued with other writes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail their test")]

mod log;
mod middleware;
mod outbox;
mod sets;
mod shop;
mod stored;
