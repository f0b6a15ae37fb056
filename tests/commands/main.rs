//! Commands beyond `execute`: sets of commands, stored commands, and middleware.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail their test")]

mod middleware;
mod sets;
mod shop;
mod stored;
