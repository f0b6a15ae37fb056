//! Commands beyond `execute`: sets of commands, and stored commands.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail their test")]

mod sets;
mod shop;
mod stored;
