//! Read models in SQLite: a file for each version of each projection, with its checkpoint.

mod aggregate_rows;
mod beside;
mod catalogue;
mod claims;
mod commands;
mod enqueue;
mod fault;
pub(crate) mod format;
mod kept_commands;
mod kept_snapshots;
mod kept_steps;
mod kept_work;
mod lock;
mod names;
pub(crate) mod open;
mod outbox;
mod page;
mod reader;
mod requests;
mod rows;
mod snapshots;
mod sqlite_views;
mod steps;
mod tables;
mod told;
mod work;
mod work_tx;
mod writer;

pub use sqlite_views::{SqliteGuard, SqliteViews};
