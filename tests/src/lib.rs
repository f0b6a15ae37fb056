//! What the tests share: three domains, a store that fails by script, and where the data lies.
#![allow(clippy::panic, reason = "what cannot be prepared fails its test")]

pub mod bank;
pub mod campus;
pub mod data;
pub mod race;
pub mod restored;
pub mod scripted;
pub mod shop;
