//! A whole log in memory: the parts of `MemoryStore` that are no store, for stores that keep their log elsewhere and decide on a copy.

mod check;
mod log;
mod read;
mod stats;
mod transfer;

pub use log::{MemoryLog, Numbers};
