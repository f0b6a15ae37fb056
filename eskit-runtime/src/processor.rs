//! What the methods of processors return: commands to execute. The crate `eskit` has what runs processors.

mod commands;
mod reaction;

pub use commands::{Commands, Executor, Refusal};
pub use reaction::{Executing, OnRefused, Reaction};
