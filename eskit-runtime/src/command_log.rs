//! A log of commands: who sent what, when, and what came of it.
//!
//! `eskit::middleware::CommandLog` writes it, beside the commands. [`CommandEntries`] keep it: `MemoryViews`, `SqliteViews` and `PostgresViews`,
//! whatever store the events are in. Nothing depends on it: entries may be missing.

mod entry;
mod query;
mod row;
mod store;

pub use entry::{CommandEntry, KeptCommand};
pub use query::{CommandPage, CommandQuery};
pub use row::{CommandRow, CommandValue, conditions};
pub use store::{CommandEntries, RemoveCommands};
